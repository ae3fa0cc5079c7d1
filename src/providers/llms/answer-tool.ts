/**
 * Structured output for models that know no format of their own beside tools: one more tool takes the answer, and
 * the model has to call something (AGT-60). Its call is turned back into text, so that nobody else sees it.
 */
import type { ModelEvent, OutputSchema, ToolDefinition } from './contract.js';

const ANSWER_TOOL = 'give_final_answer';

export function answerTool(output: OutputSchema): ToolDefinition {
  return {
    name: ANSWER_TOOL,
    description: `Gives the final answer '${output.name}' to the user. Call it by itself, once nothing else has to be done.`,
    parameters: output.schema,
  };
}

export async function* unwrapAnswerTool(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent, void, undefined> {
  let answered = false;
  let called = false;
  for await (const event of events) {
    if (event.type === 'tool_call' && event.name === ANSWER_TOOL) {
      answered = true;
      yield { type: 'text', text: event.invalidArguments ?? JSON.stringify(event.arguments) };
    } else if (event.type === 'finish' && event.reason === 'tool_calls' && answered && !called) {
      yield { ...event, reason: 'stop' };
    } else {
      if (event.type === 'tool_call') called = true;
      yield event;
    }
  }
}
