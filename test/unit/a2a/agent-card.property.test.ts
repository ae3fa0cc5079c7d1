import { AgentCard, canonicalizeAgentCard } from '@a2a-js/sdk';
import t from 'tap';
import { extendAgentCard, projectAgentCard } from '../../../src/a2a/agent-card.js';
import { JSON_RPC_BINDING } from '../../../src/a2a/supported-interfaces.js';
import { canonicalizeJson } from '../../../src/base/jcs.js';
import type { JsonValue } from '../../../src/base/json.js';
import { createRandom, type Random } from '../../support/random.js';
import { agentSettings } from '../../support/test-settings.js';

const WORDS = ['a', 'ß', '日本', '😀', 'x"y\\z', 'line\nbreak', '\u2028', '10', '9', ' ', '\u0000', 'ﬀ', '\ufb33'];
const RUNS = 500;

t.test(
  'a card goes through the SDK and back without losing anything, and has the same canonical bytes there (A2, D1, D7, G2, G4)',
  async (t) => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const card = randomCard(createRandom(seed));
      const sent = JSON.stringify(card);
      const back = AgentCard.toJSON(AgentCard.fromJSON(JSON.parse(sent)));
      const canonical = canonicalizeJson(JSON.parse(sent));
      if (canonicalizeJson(JSON.parse(JSON.stringify(back))) !== canonical) t.same(back, JSON.parse(sent), `seed ${seed}`);
      if (canonicalizeAgentCard(AgentCard.fromJSON(JSON.parse(sent))) !== canonical)
        t.equal(canonicalizeAgentCard(AgentCard.fromJSON(JSON.parse(sent))), canonical, `canonical bytes, seed ${seed}`);
    }
    t.pass(`${RUNS} cards`);
  },
);

function randomCard(random: Random) {
  const text = () => Array.from({ length: 1 + random.below(4) }, () => random.pick(WORDS)).join('');
  const texts = (least = 0) => Array.from({ length: least + random.below(3) }, text);
  const maybe = <T>(make: () => T): T | undefined => (random.chance(0.5) ? make() : undefined);
  const url = () => `https://example.com/${encodeURIComponent(text())}`;
  const skill = (index: number) => ({
    id: `skill-${index}`,
    ...{ name: text(), description: maybe(text) ?? '', tags: texts(), examples: texts(), inputModes: texts(), outputModes: texts() },
  });
  const skills = Array.from({ length: random.below(4) }, (_, index) => skill(index));
  const card = {
    version: maybe(text),
    documentationUrl: maybe(url),
    iconUrl: maybe(url),
    provider: maybe(() => ({ organization: text(), url: url() })),
  };
  const extensions = Array.from({ length: random.below(3) }, (_, index) => ({
    uri: `urn:x:${index}`,
    ...{ description: maybe(text) ?? '', required: random.chance(0.5), params: maybe(() => ({ [text()]: randomJson(random, text, 3) })) },
  }));
  const extendedCard = maybe(() => ({
    ...{ description: maybe(text), version: maybe(text), documentationUrl: maybe(url), subjects: maybe(() => ['me', text()]) },
    skills: texts().map((_, index) => ({ ...skill(index), subjects: maybe(() => ['me']) })),
  }));
  const agent = agentSettings({
    ...{ name: text(), description: maybe(text) ?? '', streaming: random.chance(0.5), skills, card, extensions, extendedCard },
    ...{ inputModes: texts(), outputModes: texts() },
  });
  const shared = { version: undefined, documentationUrl: maybe(url), iconUrl: maybe(url), provider: undefined };
  const options = { key: text(), agent, shared, baseUrl: 'https://example.com/hector', version: '1.2.3', bindings: [JSON_RPC_BINDING] };
  const projected = projectAgentCard(options);
  if (extendedCard === undefined || random.chance(0.5)) return projected;
  return extendAgentCard(projected, extendedCard, { subject: 'me', authenticated: true }) ?? projected;
}

/** Nothing empty: the SDK drops that, which is why such cards are not signed. */
function randomJson(random: Random, text: () => string, depth: number): JsonValue {
  const count = 1 + random.below(3);
  switch (depth === 0 ? random.below(3) : random.below(5)) {
    case 0:
      return text();
    case 1:
      return random.pick([0, -1, 1.5, 1e21, 1e-7, 123456789012345680000, 0.1 + 0.2]);
    case 2:
      return random.chance(0.5);
    case 3:
      return Array.from({ length: count }, () => randomJson(random, text, depth - 1));
    default:
      return Object.fromEntries(Array.from({ length: count }, () => [text(), randomJson(random, text, depth - 1)]));
  }
}
