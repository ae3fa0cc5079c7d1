/** The extended card and required extensions over gRPC. */
import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { startGrpcRig } from '../support/grpc-rig.js';
import { signingKey } from '../support/signing-key.js';
import { agentSettings } from '../support/test-settings.js';

const extendedCard = (subjects: readonly string[] | undefined) => ({
  ...{ description: 'More', version: undefined, documentationUrl: undefined, subjects, skills: [] },
});

t.test('the extended card comes over gRPC as over HTTP, its signature with it (X4, G1, GR1)', async (t) => {
  const key = signingKey('k', 'ES256');
  const rig = await startGrpcRig(t, {
    agents: { helper: agentSettings({ extendedCard: extendedCard(undefined) }) },
    server: { publicUrl: 'http://127.0.0.1:9', cardSigning: { keys: [key.settings] } },
  });
  const { code, body } = await rig.call('GetExtendedAgentCard', {});
  t.equal(code, status.OK);
  t.equal(body.description, 'More');
  await t.resolves(verifyAgentCardSignature(async () => key.publicKey)(AgentCard.fromJSON(body)));
  const overHttp = await rig.server.call('GetExtendedAgentCard', {});
  t.same(body, overHttp.body.result);
});

t.test('without one, for nobody or for this caller, the errors are those of HTTP (X1, X2, X3)', async (t) => {
  const reasons = async (card: ReturnType<typeof extendedCard> | undefined, authenticated = true) => {
    const authenticate = async () => ({ subject: 'local', authenticated });
    const rig = await startGrpcRig(t, { agents: { helper: agentSettings({ extendedCard: card }) } }, { authenticate });
    const { code, details } = await rig.call('GetExtendedAgentCard', {});
    return [code, details[0]?.['reason']];
  };
  t.same(await reasons(undefined), [status.FAILED_PRECONDITION, 'UNSUPPORTED_OPERATION']);
  t.same(await reasons(extendedCard(['alice'])), [status.FAILED_PRECONDITION, 'EXTENDED_AGENT_CARD_NOT_CONFIGURED']);
  t.same(await reasons(extendedCard(undefined), false), [status.UNAUTHENTICATED, 'UNAUTHENTICATED']);
});

t.test('a required extension is required in metadata and told back there (H2, H3, GR2)', async (t) => {
  const uri = 'urn:example:needed:v1';
  const extensions = [{ uri, description: '', required: true, params: undefined }];
  const rig = await startGrpcRig(t, { agents: { helper: agentSettings({ extensions }) } });
  const refused = await rig.call('GetTask', { id: 'a' });
  t.equal(refused.code, status.FAILED_PRECONDITION);
  t.equal(refused.details[0]?.['reason'], 'EXTENSION_SUPPORT_REQUIRED');
  const known = await rig.call('GetTask', { id: 'a' }, { metadata: { 'a2a-extensions': `urn:other, ${uri}` } });
  t.equal(known.code, status.NOT_FOUND);
  t.same(known.trailers.get('a2a-extensions'), [uri]);
  const sent = await rig.call(
    'SendMessage',
    { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'a' }] }, configuration: { returnImmediately: true } },
    { metadata: { 'a2a-extensions': uri } },
  );
  t.equal(sent.code, status.OK);
  t.same(sent.headers.get('a2a-extensions'), [uri]);
});
