import { DURATION_PATTERN, parseDuration } from '../duration.js';
import { choice, duration, flag, optional, type Static, section, text } from '../schema-builder.js';
import type { CheckpointSettings, StorageSettings } from '../settings.js';

const BACKENDS = ['sql', 'inmemory'] as const;
const database = optional(text('Name in databases. Default: storage.database.', { minLength: 1 }));
/** No part of an iteration: `2.5` is neither a count nor a time. */
const INTERVAL = `^\\d+$|${DURATION_PATTERN}`;
const DURATION = '^\\d+(\\.\\d+)?$|^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$';

const CheckpointSchema = section(
  {
    enabled: flag('The keys beside this one apply. Without it every step is one commit and every run is taken over by itself.', {
      default: false,
    }),
    strategy: choice(
      ['event', 'interval', 'hybrid'],
      "event: every step, and the model's answer before the tools it asks for run. interval: every so many steps. hybrid: both.",
      { default: 'event' },
    ),
    interval: text('With interval and hybrid: a number counts iterations, a text such as 30s is time; 0 is every iteration.', {
      default: '0',
      pattern: INTERVAL,
      'x-form': 'a whole number of iterations, or a duration such as 30s',
    }),
    after_tools: flag('The result of every tool is recorded when it ends, also of tools that change nothing.', { default: false }),
    before_llm: flag('Whatever is not committed yet is committed before each call of a model.', { default: false }),
    recovery: section(
      {
        auto_resume: flag('Runs whose worker died are taken over; else they are held until somebody resumes them.', { default: false }),
        auto_resume_hitl: flag('Also runs that died while they acted on a decision of a person.', { default: false }),
        timeout: text(
          'A run whose worker died is not taken over when its last commit, or resumption, is older; a bare number is seconds, 0 is never.',
          {
            default: '3600',
            pattern: DURATION,
            'x-form': 'seconds, or a duration such as 2h',
          },
        ),
      },
      'What happens to runs whose worker died.',
    ),
  },
  'Checkpoints and recovery of runs.',
);

export const StorageSchema = section(
  {
    database: optional(
      text('Name in databases where tasks, sessions and documents are kept. Default: the one called default, else the first.', {
        minLength: 1,
      }),
    ),
    tasks: section(
      {
        backend: choice(BACKENDS, 'inmemory: lost with the process, which must hold all roles.', { default: 'sql' }),
        database,
      },
      'Where tasks and their logs are kept.',
    ),
    sessions: section(
      { backend: optional(choice(BACKENDS, 'As storage.tasks.backend, which is the default; nothing else works.')), database },
      'Where the messages of sessions are kept.',
    ),
    memory: section(
      {
        backend: choice(
          ['keyword', 'vector'],
          'keyword: messages are found by their words. vector: by their meaning, as storage.memory.embedder sees it.',
          { default: 'keyword' },
        ),
        embedder: optional(text('With vector: name in embedders.', { minLength: 1 })),
      },
      'How agents with search find what was said in earlier sessions.',
    ),
    checkpoint: CheckpointSchema,
    retention: section(
      {
        tasks: duration('Age at which an ended task is deleted with its log; 0 keeps it for ever.', { default: 0 }),
        events: duration('Age at which an ended task loses its artifacts, history and tool results, and keeps its status; 0 never.', {
          default: 0,
        }),
        sessions: duration('Age at which a session without a run is deleted; 0 keeps it for ever.', { default: 0 }),
      },
      'How long things are kept, counted from their last change.',
    ),
  },
  'Where the durable state lives.',
);

export function resolveStorage(storage: Static<typeof StorageSchema>): StorageSettings {
  const { checkpoint, retention } = storage;
  const database = storage.database as string;
  return {
    database,
    tasks: { backend: storage.tasks.backend, database: storage.tasks.database ?? database },
    sessions: { backend: storage.sessions.backend ?? storage.tasks.backend, database: storage.sessions.database ?? database },
    memory: { embedder: storage.memory.backend === 'vector' ? storage.memory.embedder : undefined },
    checkpoint: resolveCheckpoint(checkpoint),
    retention: { tasksMs: retention.tasks, eventsMs: retention.events, sessionsMs: retention.sessions },
  };
}

function resolveCheckpoint(checkpoint: Static<typeof CheckpointSchema>): CheckpointSettings {
  const { interval, recovery } = checkpoint;
  const isCount = /^\d+$/.test(interval);
  return {
    enabled: checkpoint.enabled,
    strategy: checkpoint.strategy,
    interval: isCount ? { iterations: Number(interval), ms: 0 } : { iterations: 0, ms: parseDuration(interval) ?? 0 },
    afterTools: checkpoint.after_tools,
    beforeLlm: checkpoint.before_llm,
    recovery: {
      autoResume: recovery.auto_resume,
      autoResumeHitl: recovery.auto_resume_hitl,
      timeoutMs: /^[\d.]+$/.test(recovery.timeout) ? Number(recovery.timeout) * 1_000 : (parseDuration(recovery.timeout) ?? 0),
    },
  };
}
