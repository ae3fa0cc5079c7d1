/** Work without a pause whose length somebody else's input decides: nothing else of the process runs meanwhile, no lease is renewed. */
import { type Context, createContext, Script } from 'node:vm';

/** What `run` returns, or `late` when it was not done in time; it was ended then, wherever it was. @throws what `run` throws */
export function runBounded<T, Late>(maxMs: number, run: () => T, late: Late): T | Late {
  bounds ??= { script: new Script('run()'), context: createContext({}) };
  bounds.context['run'] = run;
  try {
    return bounds.script.runInContext(bounds.context, { timeout: maxMs }) as T;
  } catch (error) {
    // An error of the other context is no `Error` of this one.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return late;
    throw error;
  } finally {
    bounds.context['run'] = undefined;
  }
}

/** Made with the first run. */
let bounds: { readonly script: Script; readonly context: Context } | undefined;
