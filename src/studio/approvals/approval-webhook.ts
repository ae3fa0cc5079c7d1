/**
 * Tells a webhook of every call that waits for an approval, and acts on what it answers (CFG-85, TOOL-63).
 *
 * Owns: the requests under way. Does not own: which questions are open, which SQL says; what was told, which marks in Redis say.
 * - A question is told until the webhook took it, at least once; a lost mark, or a death between the answer and its mark, tells it again
 *   under the same id. Whoever tells holds the question's lease, so that two keepers do not at once.
 * - What the webhook does, or fails to, never stands in the way of other decisions: the first one that the run log takes counts.
 */
import { createGuardedRequest, type GuardedRequest } from '../../access/guarded-request.js';
import { createOutboundGuard } from '../../access/outbound-guard.js';
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError, hasCode } from '../../base/errors.js';
import type { ApprovalSettings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import type { ApprovalMark, ApprovalMarks, LeaseManager } from '../../tasks/coordination.js';
import type { RecoveryStore } from '../../tasks/recovery-store.js';
import type { TaskRecord } from '../../tasks/task-store.js';
import { decideToolCall } from '../decide-tool-call.js';
import { findOpenQuestions } from '../open-questions.js';
import type { StudioPorts } from '../studio-ports.js';
import { type ApprovalRequest, describeRequest, toApprovalRequest, toHeaders } from './approval-request.js';
import { readAnswer, type WebhookAnswer } from './read-answer.js';

export interface ApprovalWebhookOptions extends Pick<StudioPorts, 'tasks' | 'toolCalls' | 'acceptMessage'> {
  readonly recovery: Pick<RecoveryStore, 'openRuns'>;
  readonly settings: ApprovalSettings;
  /** Of the front; '' = not known here. */
  readonly baseUrl: string;
  readonly request: GuardedRequest;
  readonly marks: ApprovalMarks;
  readonly leases: LeaseManager;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createApprovalWebhook(options: Omit<ApprovalWebhookOptions, 'request'>): ApprovalWebhook {
  const { allowPrivate } = options.settings;
  const request = createGuardedRequest(createOutboundGuard({ allowPrivate, keyPath: 'server.approval.allow_private' }));
  return new ApprovalWebhook({ ...options, request });
}

export class ApprovalWebhook {
  readonly #options: ApprovalWebhookOptions;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: ApprovalWebhookOptions) {
    this.#options = options;
  }

  /** Looks at what waits, and begins to tell what was not told; does not wait for answers. */
  async round(signal: AbortSignal): Promise<void> {
    const { recovery, tasks, marks, clock } = this.#options;
    let after: TaskRecord | undefined;
    do {
      const runs = await recovery.openRuns({ status: 'waiting', limit: BATCH, ...(after === undefined ? {} : { after }) });
      const asked: ApprovalRequest[] = [];
      for (const task of runs) {
        if (signal.aborted) return;
        const questions = await findOpenQuestions(tasks, task);
        for (const question of questions) if (question.asks === 'approval') asked.push(toApprovalRequest(task, question));
      }
      const known = await marks.read(asked.map(({ key }) => key));
      for (const request of asked) if (!signal.aborted && isDue(known.get(request.key), clock.now())) this.#begin(request);
      after = runs.length < BATCH ? undefined : runs.at(-1);
    } while (after !== undefined && !signal.aborted);
  }

  /** Requests under way are cut; whoever goes on sends them again. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing.abort(new AppError('STEP_ABORTED', { message: 'This keeper is shutting down' }));
    await Promise.all(this.#underWay.values());
  }

  #begin(request: ApprovalRequest): void {
    const { key } = request;
    if (this.#closing.signal.aborted || this.#underWay.has(key) || this.#underWay.size >= MAX_UNDER_WAY) return;
    const telling = this.#tell(request)
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#options.log.warn({ err: error, ...about(request) }, 'the telling of an approval failed');
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, telling);
  }

  async #tell(request: ApprovalRequest): Promise<void> {
    const { leases, marks, clock } = this.#options;
    const outcome = await leases.acquire(`approval.${request.key}`);
    if (outcome.type === 'held') return;
    const { lease } = outcome;
    try {
      // Another keeper may have told it since this one looked.
      const mark = (await marks.read([request.key])).get(request.key);
      if (!isDue(mark, clock.now())) return;
      await this.#post(request, mark?.failures ?? 0, AbortSignal.any([this.#closing.signal, lease.lost]));
    } finally {
      await lease.release();
    }
  }

  async #post(request: ApprovalRequest, failures: number, signal: AbortSignal): Promise<void> {
    const { marks, log } = this.#options;
    try {
      const answer = await this.#send(request, signal);
      if (answer.type === 'decided') await this.#decide(request, answer, signal);
      if (answer.type === 'unreadable')
        log.warn({ ...about(request), problem: answer.problem }, 'the approval webhook decided nothing: its answer cannot be read');
      await marks.write(request.key, { state: 'told', failures: 0, nextAttemptAt: 0 });
    } catch (error) {
      if (signal.aborted) return;
      await this.#postpone(request, failures + 1, describeError(error));
    }
  }

  async #send(request: ApprovalRequest, signal: AbortSignal): Promise<WebhookAnswer> {
    const { settings, baseUrl, clock } = this.#options;
    const { webhookUrl, webhookSigningKey, timeoutMs } = settings;
    const body = JSON.stringify(describeRequest(request, baseUrl));
    const headers = toHeaders(request.key, body, webhookSigningKey, clock.now());
    const late = new AbortController();
    const stopTimer = clock.after(timeoutMs, () =>
      late.abort(new AppError('OUTBOUND_TIMEOUT', { message: `no answer within server.approval.timeout (${timeoutMs} ms)` })),
    );
    try {
      const limits = { maxBytes: MAX_ANSWER_BYTES, signal: AbortSignal.any([signal, late.signal]) };
      const answer = await this.#options.request({ url: new URL(webhookUrl), method: 'POST', headers, body }, limits);
      if (answer.status >= 200 && answer.status < 300) return readAnswer(answer.body.toString());
      const isRedirect = answer.status >= 300 && answer.status < 400;
      throw new AppError('OUTBOUND_NO_ANSWER', {
        message: `the webhook answered ${answer.status}${isRedirect ? '; redirects are not followed' : ''}`,
      });
    } finally {
      stopTimer();
    }
  }

  /** One that comes too late decides nothing. */
  async #decide(
    { task, question }: ApprovalRequest,
    { decision, reason }: Extract<WebhookAnswer, { type: 'decided' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { tasks, toolCalls, acceptMessage, clock, log } = this.#options;
    const facts = { taskId: task.id, callId: question.callId, tool: question.tool, decision };
    const run = { taskId: task.id, owner: task.owner };
    const argumentsHash = question.argumentsHash === '' ? undefined : question.argumentsHash;
    for (let tries = 1; ; tries += 1) {
      try {
        await decideToolCall({ tasks, toolCalls, acceptMessage }, run, question.callId, {
          decision,
          argumentsHash,
          reason,
          result: undefined,
        });
        log.info(facts, 'the approval webhook decided a call');
        return;
      } catch (error) {
        if (hasCode(error, 'TASK_BUSY') && tries < MAX_BUSY) await clock.sleep(BUSY_MS, signal);
        else if (TOO_LATE.some((code) => hasCode(error, code))) {
          log.info({ ...facts, reason: describeError(error) }, 'the approval webhook decided too late');
          return;
        } else throw error;
      }
    }
  }

  async #postpone(request: ApprovalRequest, failures: number, reason: string): Promise<void> {
    const { marks, clock, log } = this.#options;
    const isGivenUp = failures >= MAX_ATTEMPTS;
    const nextAttemptAt = isGivenUp ? 0 : clock.now() + backoffMs(failures, BACKOFF);
    await marks.write(request.key, { state: isGivenUp ? 'given-up' : 'failed', failures, nextAttemptAt });
    const facts = { ...about(request), failures, reason };
    if (isGivenUp) log.warn(facts, 'the approval webhook is given up for this call, which waits on for other decisions');
    else log.warn(facts, 'the approval webhook did not take a request; it is tried again');
  }
}

function isDue(mark: ApprovalMark | undefined, now: number): boolean {
  return mark === undefined || (mark.state === 'failed' && mark.nextAttemptAt <= now);
}

function about({ task, question }: ApprovalRequest) {
  return { taskId: task.id, callId: question.callId, tool: question.tool };
}

const TOO_LATE = ['TASK_NOT_FOUND', 'CHECKPOINT_ENDED', 'TOOL_CALL_NOT_OPEN', 'TOOL_CALL_NOT_FOUND', 'TOOL_CALL_CHANGED'] as const;
const BATCH = 200;
/** Each may hold a connection open until a person has decided; the others are told in a later round. */
const MAX_UNDER_WAY = 256;
const MAX_ATTEMPTS = 12;
const BACKOFF = { baseMs: 1_000, maxMs: 300_000 };
const MAX_ANSWER_BYTES = 65_536;
/** The run acts on another answer just now. */
const BUSY_MS = 500;
const MAX_BUSY = 600;
