import type { Command } from './command.js';

export interface CommandEntry {
  readonly summary: string;
  /** Each command's code is loaded only when it runs. */
  readonly load: () => Promise<Command>;
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: { summary: 'Start the server', load: async () => (await import('./serve.js')).serveCommand },
  ask: { summary: 'Ask an agent and show the answer as it grows', load: async () => (await import('./ask.js')).askCommand },
  ingest: { summary: 'Read document stores into the index', load: async () => (await import('./ingest.js')).ingestCommand },
  documents: {
    summary: 'See document stores and their documents, and search them',
    load: async () => (await import('./documents.js')).documentsCommand,
  },
  tasks: {
    summary: 'See the runs that have not ended, and resume, discard or decide them, and cancel their calls',
    load: async () => (await import('./tasks.js')).tasksCommand,
  },
  queue: { summary: 'See what waits in the queues, and for how long', load: async () => (await import('./queue.js')).queueCommand },
  sessions: { summary: 'See conversations, and delete them', load: async () => (await import('./sessions.js')).sessionsCommand },
  memory: { summary: 'Make the index of what was said in sessions anew', load: async () => (await import('./memory.js')).memoryCommand },
  auth: { summary: 'Make a key for callers', load: async () => (await import('./auth.js')).authCommand },
  validate: { summary: 'Check a configuration file', load: async () => (await import('./validate.js')).validateCommand },
  doctor: {
    summary: 'Look for what keeps Hector from working, and say what to do',
    load: async () => (await import('./doctor.js')).doctorCommand,
  },
  health: {
    summary: 'Ask the process that runs here whether it is well',
    load: async () => (await import('./health.js')).healthCommand,
  },
  info: { summary: 'Show the agents of a configuration', load: async () => (await import('./info.js')).infoCommand },
  schema: { summary: 'Print the JSON Schema of the configuration', load: async () => (await import('./schema.js')).schemaCommand },
  quickstart: {
    summary: 'Ingest sample documents, serve them and ask a question',
    load: async () => (await import('./quickstart.js')).quickstartCommand,
  },
  completion: {
    summary: 'Print what completes commands and flags in a shell',
    load: async () => (await import('./completion.js')).createCompletionCommand(COMMANDS),
  },
  bench: {
    summary: 'Put load on an A2A server and measure what it makes of it',
    load: async () => (await import('./bench.js')).benchCommand,
  },
  version: { summary: 'Print the version', load: async () => (await import('./version.js')).versionCommand },
};
