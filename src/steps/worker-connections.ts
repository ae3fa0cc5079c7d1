import type { ConnectionOptions } from 'bullmq';

export interface WorkerConnections {
  /** A connection of its own for every worker. */
  readonly connect: () => ConnectionOptions;
  /** Closes one of them; BullMQ leaves that to its owner. */
  readonly disconnect: (connection: ConnectionOptions) => Promise<void>;
}

interface Connections<T> {
  forWorker(): T;
  drop(connection: T): Promise<void>;
}

export function workerConnections<T extends ConnectionOptions>(connections: Connections<T>): WorkerConnections {
  return {
    connect: () => connections.forWorker(),
    disconnect: (connection) => connections.drop(connection as T),
  };
}
