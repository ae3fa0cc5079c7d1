/** The checks of one agent (GRD-01), and where it is told what they found. */
import type { GuardrailSettings } from '../../config/guardrail-settings.js';
import type { Logger } from '../../observe/log.js';
import { type Observer, silentObserver } from '../../observe/observer.js';
import { annotateSpan } from '../../observe/trace.js';
import type { InputChecks } from './check-texts.js';
import { createInputChecks, createOutputRules } from './create-checks.js';
import type { TextRule, Violation } from './text-rule.js';

/** What was going on; never what was said. */
export interface Occasion {
  readonly taskId: string;
  readonly owner: string;
  readonly tool?: string;
  readonly callId?: string;
}

export interface Guardrail {
  /** Key in `guardrails`. */
  readonly name: string;
  readonly settings: GuardrailSettings;
  readonly input: InputChecks;
  readonly outputRules: readonly TextRule[];
  /** Log, audit, metrics and span (GRD-10). */
  tell(violations: readonly Violation[], occasion: Occasion): void;
}

export interface GuardrailOptions {
  readonly name: string;
  readonly settings: GuardrailSettings;
  /** Key in `agents`: whose it is. */
  readonly agent: string;
  readonly log: Logger;
  /** Default: nobody counts. */
  readonly observer?: Observer | undefined;
}

export function createGuardrail({ name, settings, agent, log, observer = silentObserver }: GuardrailOptions): Guardrail {
  const { metrics, audit } = observer;
  return {
    name,
    settings,
    input: createInputChecks(settings.input),
    outputRules: createOutputRules(settings.output),
    tell(violations, { taskId, owner, tool, callId }) {
      if (violations.length === 0) return;
      const about = { ...(tool === undefined ? {} : { tool }), ...(callId === undefined ? {} : { callId }) };
      for (const { rule, action, severity } of violations) {
        metrics.count('guardrail_violations_total', { agent, guardrail: name, rule, action });
        log[LEVELS[severity]]({ agent, guardrail: name, rule, action, severity, taskId, ...about }, 'a guardrail found something');
        audit.record({
          action: 'guardrail.violation',
          user: owner,
          success: action !== 'block',
          agent,
          taskId,
          ...about,
          error: `${name}/${rule}`,
        });
      }
      annotateSpan({
        'hector.guardrail.name': name,
        'hector.guardrail.rules': violations.map(({ rule }) => rule),
        'hector.guardrail.actions': violations.map(({ action }) => action),
      });
    },
  };
}

/** For whoever sent or asked: which check it was, and nothing of what it looks for. */
export function describeBlock(what: string, { name }: Pick<Guardrail, 'name'>, violations: readonly Violation[]): string {
  const rules = violations.map(({ rule, detail }) => (detail === undefined ? rule : `${rule}: ${detail}`));
  return `${what} by the guardrail '${name}' (${[...new Set(rules)].join('; ')})`;
}

const LEVELS = { low: 'info', medium: 'warn', high: 'warn', critical: 'error' } as const;
