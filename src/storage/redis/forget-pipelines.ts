import type { Redis } from 'ioredis';

/**
 * The same client, whose pipelines let go of their commands once these are answered. ioredis gives each pipeline a getter of its own (`length`),
 * and with it a hidden class in V8's old generation, which keeps the pipeline alive until the next full collection: with its commands, whoever
 * waited for them, and all that those held.
 */
export function forgetPipelines(client: Redis): Redis {
  const begin = client.pipeline.bind(client);
  client.pipeline = (commands) => {
    const pipeline = begin(commands);
    const inner = pipeline as unknown as PipelineInside;
    // One that failed may still be told of answers, by the place of the command.
    inner.promise.then(
      () => {
        inner._queue = [];
        inner._result = [];
      },
      () => {
        // Told to whoever sent it.
      },
    );
    return pipeline;
  };
  return client;
}

interface PipelineInside {
  readonly promise: Promise<unknown>;
  _queue: unknown[];
  _result: unknown[];
}
