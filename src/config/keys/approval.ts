import { duration, type Static, section, text } from '../schema-builder.js';
import type { ApprovalSettings } from '../settings.js';
import { privatePlaces } from './private-places.js';

/** CFG-85 */
export const ApprovalSchema = section(
  {
    webhook_url: text('Is told of every call that waits for an approval, and may decide it with its answer (TOOL-63); empty is nobody.', {
      default: '',
      pattern: '^$|^https?://[^/?#@\\s]+(/[^#\\s]*)?$',
      'x-form': 'http://… or https://…, without credentials',
    }),
    webhook_signing_key: text('Signs what the webhook is sent; empty sends it without a signature.', {
      default: '',
      pattern: '^$|^.{16,}$',
      'x-form': 'at least 16 characters, for example ${APPROVAL_SIGNING_KEY}',
      writeOnly: true,
    }),
    timeout: duration('Longest wait for the answer of the webhook to one request; the call itself waits on, see expires_after.', {
      default: 300_000,
      minimum: 1,
      maximum: 3_600_000,
    }),
    allow_private: privatePlaces(
      'Where the webhook may be although it is not public: loopback, private and link-local networks are refused otherwise.',
    ),
    expires_after: duration('A run that waits for somebody ends as FAILED after this, whoever was told; 0 is never.', {
      default: 86_400_000,
    }),
  },
  'Decisions of people (spec/08 8.6).',
);

export function resolveApproval(approval: Static<typeof ApprovalSchema>): ApprovalSettings {
  return {
    webhookUrl: approval.webhook_url,
    webhookSigningKey: approval.webhook_signing_key,
    timeoutMs: approval.timeout,
    allowPrivate: approval.allow_private,
    expiresAfterMs: approval.expires_after,
  };
}
