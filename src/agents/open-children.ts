/** Which runs below a run it still has something to learn of: only their messages are read when it is taken. */
import { isJsonObject, type JsonObject } from '../base/json.js';

/** Part of a control: keys of the runs that its agent began and has not made use of. */
export function writeOpenChildren(keys: readonly string[]): JsonObject {
  return { openChildren: [...keys] };
}

/** By the control of a run, and of the members whose turn it is. */
export function readOpenChildren({ openChildren, delegated, child }: JsonObject): readonly string[] {
  const own = Array.isArray(openChildren) ? openChildren.filter((key) => typeof key === 'string') : [];
  const calls = isJsonObject(delegated) ? Object.values(delegated).filter((key) => typeof key === 'string') : [];
  return [...own, ...calls, ...(isJsonObject(child) ? readOpenChildren(child) : [])];
}
