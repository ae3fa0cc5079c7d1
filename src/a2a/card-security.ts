/** What a card says of who may call (API-23, Z2). */
import type { AgentSettings, AuthSettings } from '../config/settings.js';
import type { AgentCard } from '../protocol/a2a.js';

export type CardSecurity = Pick<AgentCard, 'securitySchemes' | 'securityRequirements'>;

export interface CardSecurityOptions {
  readonly auth: AuthSettings;
  readonly agent: Pick<AgentSettings, 'visibility' | 'allowedRoles'>;
  readonly isSigned: boolean;
}

/** Tokens and keys are sent alike, so there is one scheme. */
export function describeSecurity({ auth, agent, isSigned }: CardSecurityOptions): CardSecurity {
  if (!auth.enabled) return {};
  const isWanted = auth.requireAuth || agent.visibility !== 'public' || agent.allowedRoles !== undefined;
  const bearerFormat = auth.jwksUrl === '' ? {} : { bearerFormat: 'JWT' };
  return {
    securitySchemes: { [SCHEME]: { httpAuthSecurityScheme: { scheme: 'bearer', ...bearerFormat } } },
    // A requirement without scopes holds an empty list, and clients disagree on how to verify a signed card that holds something empty.
    ...(isWanted && !isSigned ? { securityRequirements: [{ schemes: { [SCHEME]: { list: [] } } }] } : {}),
  };
}

const SCHEME = 'BearerAuth';
