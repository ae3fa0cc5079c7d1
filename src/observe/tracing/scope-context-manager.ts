import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { createScope } from '../../base/scope.js';

/** OpenTelemetry's context beside what else is known to work under way, so that it costs no storage of its own; its base binds emitters and functions. */
export class ScopeContextManager extends AsyncLocalStorageContextManager {
  #isEnabled = true;

  override active(): Context {
    return (this.#isEnabled ? contexts.find() : undefined) ?? ROOT_CONTEXT;
  }

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    run: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return contexts.within(context, () => run.call(self, ...args));
  }

  override enable(): this {
    this.#isEnabled = true;
    return this;
  }

  override disable(): this {
    this.#isEnabled = false;
    return this;
  }
}

const contexts = createScope<Context>();
