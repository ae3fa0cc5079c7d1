/**
 * Named places inside crash windows, for the tests that kill a process there.
 *
 * Off in production: an unarmed point costs one comparison. Armed from the environment by
 * `config/environment.ts` (`HECTOR_FAULT_POINTS`), or in-process by a test.
 */
export type FaultAction = (name: string) => void | Promise<void>;

let armed: Map<string, FaultAction> | undefined;

/** Runs what is armed at `name`, if anything. */
export function faultPoint(name: string): void | Promise<void> {
  if (armed === undefined) return;
  return armed.get(name)?.(name);
}

/** Arms one point; the result disarms it. */
export function armFaultPoint(name: string, action: FaultAction): () => void {
  armed ??= new Map();
  armed.set(name, action);
  return () => {
    armed?.delete(name);
    if (armed?.size === 0) armed = undefined;
  };
}

/**
 * Arms points from text: `name=kill`, `name=stop` or `name=throw`, comma separated, each optionally with `@n`
 * to act only the n-th time it is reached. `kill` and `stop` send this process SIGKILL or SIGSTOP.
 */
export function armFaultPoints(specification: string): void {
  for (const item of specification.split(',').map((text) => text.trim())) {
    const match = /^([\w.-]+)=(kill|stop|throw)(?:@(\d+))?$/.exec(item);
    if (match === null) throw new Error(`HECTOR_FAULT_POINTS: '${item}' is not of the form name=kill|stop|throw[@n]`);
    const [, name, action, nth] = match as unknown as [string, string, string, string | undefined];
    let left = Number(nth ?? 1);
    armFaultPoint(name, () => {
      left -= 1;
      if (left !== 0) return;
      if (action === 'throw') throw new Error(`fault point ${name}`);
      process.kill(process.pid, action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    });
  }
}
