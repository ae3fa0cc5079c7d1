/** GetExtendedAgentCard (A4). */
import { AppError } from '../base/errors.js';
import type { AgentCard } from '../protocol/a2a.js';
import { readGetExtendedAgentCardRequest } from '../protocol/read-requests.js';
import type { OperationCall, OperationDependencies } from './operation-call.js';

/** X4: where a binding serves it by GET. It is one caller's, so nobody in between may keep it. */
export const EXTENDED_CARD_HEADERS = { 'cache-control': 'private, max-age=60', vary: 'Authorization' } as const;

export async function getExtendedAgentCard({ cards }: OperationDependencies, params: unknown, call: OperationCall): Promise<AgentCard> {
  const { agent, agentSettings, principal, baseUrl } = call;
  readGetExtendedAgentCardRequest(params);
  // X1 before X3: the capability stands on the card, everybody may know it.
  if (agentSettings.extendedCard === undefined) {
    throw new AppError('OPERATION_UNSUPPORTED', {
      message: `Agent '${agent}' has no extended card (capabilities.extendedAgentCard is not set)`,
    });
  }
  if (!principal.authenticated) throw new AppError('ACCESS_UNAUTHENTICATED', { message: 'The extended card needs authentication' });
  const card = await cards.findExtendedCard(agent, agentSettings, baseUrl, principal);
  if (card === undefined)
    throw new AppError('EXTENDED_CARD_NOT_CONFIGURED', { message: 'No extended agent card is configured for this caller' });
  return card;
}
