import { createToolHandles } from '../../src/agents/llm/tool-handles.js';
import type { ToolContext } from '../../src/providers/tools/contract.js';

/** A context for calling a tool by itself; `shown` collects what it shows as it goes. */
export function toolContext(change: Partial<ToolContext> = {}): ToolContext & { readonly shown: string[] } {
  const shown: string[] = [];
  return {
    taskId: 'task',
    contextId: 'context',
    agent: 'helper',
    owner: 'somebody',
    callId: 'call',
    idempotencyKey: 'key',
    signal: new AbortController().signal,
    sessionState: {},
    ...createToolHandles(undefined, { taskId: 'task', agent: 'helper', signal: new AbortController().signal, saved: [] }),
    progress: (text) => void shown.push(text),
    shown,
    ...change,
  };
}
