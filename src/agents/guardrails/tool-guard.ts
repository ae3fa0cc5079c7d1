/** Which tools a model may call (GRD-09): asked before anything is done for a call, so before its intent is committed (R7). */
import { AppError } from '../../base/errors.js';
import { describeBlock, type Guardrail, type Occasion } from './guardrail.js';
import type { Violation } from './text-rule.js';

/** Why the call is refused; `undefined`: it is not. */
export type AuthorizeTool = (tool: ToolToCall, occasion: Occasion) => AppError | undefined;

interface ToolToCall {
  readonly name: string;
  /** Ends or hands over the agent's own work, and does nothing to the world: `allowed_tools` need not name it. */
  readonly isControl: boolean;
}

/** `undefined`: all of them. Each call is told of once, however often it is looked at. */
export function createToolGuard(guardrail: Guardrail): AuthorizeTool | undefined {
  const { authorization } = guardrail.settings.tool;
  if (!authorization?.enabled) return undefined;
  const { allowedTools, blockedTools, action, severity } = authorization;
  const told = new Set<string>();
  return ({ name, isControl }, occasion) => {
    const isAllowed = isControl || allowedTools.length === 0 || allowedTools.some((pattern) => fits(name, pattern));
    if (isAllowed && !blockedTools.some((pattern) => fits(name, pattern))) return undefined;
    const violation: Violation = { rule: 'tool.authorization', action, severity };
    const key = `${occasion.taskId} ${occasion.callId ?? ''}`;
    if (!told.has(key)) {
      if (told.size >= MAX_TOLD) told.clear();
      told.add(key);
      guardrail.tell([violation], { ...occasion, tool: name });
    }
    if (action !== 'block') return undefined;
    return new AppError('GUARDRAIL_BLOCKED', {
      message: `${describeBlock(`the tool '${name}' is refused to this agent`, guardrail, [violation])}; go on without it`,
    });
  };
}

/** `*` is anything, `?` one character. In a time proportional to the product of both lengths, at worst. */
export function fits(name: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < name.length) {
    if (pattern[at] === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[index])) {
      at += 1;
      index += 1;
    } else if (star !== -1) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** Calls. */
const MAX_TOLD = 10_000;
