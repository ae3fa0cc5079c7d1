/**
 * Agent cards for 0.3 clients. Pure. They are not signed: a signature holds for the card of 1.0, byte by byte, and 0.3 clients do not
 * look for one.
 */
import type { AgentCard, SecurityScheme } from '../../protocol/a2a.js';
import type { CardSecurity } from '../card-security.js';
import type { LegacyObject } from './legacy-form.js';

/** Which card a caller wants: that of one version, or one that either can read, for callers who do not say. */
export type CardShape = '1.0' | '0.3' | 'both';

/** Of the last 0.3: cards of that time tell the patch number. */
const PROTOCOL_VERSION = '0.3.0';

/** What 0.3 has under the same name and in the same form. */
const SAME = [
  'name',
  'description',
  'provider',
  'version',
  'documentationUrl',
  'iconUrl',
  'defaultInputModes',
  'defaultOutputModes',
  'skills',
] as const satisfies readonly (keyof AgentCard)[];

/** Members of a card that nobody has said how to show to 0.3: none, or this does not compile. */
type Forgotten = Exclude<
  keyof AgentCard,
  (typeof SAME)[number] | 'supportedInterfaces' | 'capabilities' | 'signatures' | keyof CardSecurity
>;

export function toLegacyCard(card: AgentCard): LegacyObject {
  const interfaces = card.supportedInterfaces
    .filter(({ protocolVersion }) => protocolVersion === '0.3')
    .map(({ url, protocolBinding }) => ({ url, transport: protocolBinding }));
  const { extendedAgentCard, ...capabilities } = card.capabilities;
  return {
    protocolVersion: PROTOCOL_VERSION,
    ...Object.fromEntries(SAME.filter((name) => card[name] !== undefined).map((name) => [name, card[name]])),
    ...({} satisfies Record<Forgotten, never>),
    url: interfaces[0]?.url,
    preferredTransport: interfaces[0]?.transport,
    additionalInterfaces: interfaces,
    capabilities,
    ...(extendedAgentCard === true ? { supportsAuthenticatedExtendedCard: true } : {}),
    ...toLegacySecurity(card),
  };
}

export function shapeCard(card: AgentCard, shape: CardShape): AgentCard | LegacyObject {
  if (shape === '1.0') return card;
  const legacy = toLegacyCard(card);
  if (shape === '0.3') return legacy;
  const { supportedInterfaces, capabilities, securitySchemes, securityRequirements } = card;
  // Both say what a scheme is in members of their own: one object may hold both.
  const schemes = Object.entries(securitySchemes ?? {}).map(([name, scheme]) => [name, { ...toLegacyScheme(scheme), ...scheme }]);
  return {
    ...legacy,
    supportedInterfaces,
    capabilities,
    ...(schemes.length === 0 ? {} : { securitySchemes: Object.fromEntries(schemes) }),
    ...(securityRequirements === undefined ? {} : { securityRequirements }),
  };
}

function toLegacySecurity({ securitySchemes, securityRequirements }: CardSecurity): LegacyObject {
  if (securitySchemes === undefined) return {};
  const schemes = Object.entries(securitySchemes).map(([name, scheme]) => [name, toLegacyScheme(scheme)]);
  const security = securityRequirements?.map((requirement) =>
    Object.fromEntries(Object.entries(requirement.schemes).map(([name, { list }]) => [name, list])),
  );
  return { securitySchemes: Object.fromEntries(schemes), ...(security === undefined ? {} : { security }) };
}

function toLegacyScheme({ httpAuthSecurityScheme }: SecurityScheme): LegacyObject {
  return { type: 'http', ...httpAuthSecurityScheme };
}
