/** What cards tell beyond the agent itself: for one agent (`agents.<name>.card`) and for all (`server.card`). */
import { choice, flag, freeForm, list, object, optional, type Static, section, text } from '../schema-builder.js';
import type { CardSettings, ExtendedCardSettings, ExtensionSettings, SigningKeySettings, SkillSettings } from '../settings.js';

/** Cards are public: an address with credentials has no place there (AC7). */
const ADDRESS = { pattern: '^https?://[^/?#@\\s]+([/?#]\\S*)?$', 'x-form': 'http://… or https://…, without credentials' } as const;

const ProviderSchema = object(
  {
    organization: text('Who offers the agent.', { minLength: 1 }),
    url: text('Their site.', ADDRESS),
  },
  'Who offers the agent; default: Hector at its base URL.',
);

const shared = {
  documentation_url: optional(text('Where its use is described.', ADDRESS)),
  icon_url: optional(text('Its picture.', ADDRESS)),
  provider: optional(ProviderSchema),
};

export const CardSchema = section(
  { version: optional(text("Version of the agent; default: Hector's own.", { minLength: 1 })), ...shared },
  'What its card tells beyond name, description and skills; what is left out comes from server.card.',
);

export const ServerCardSchema = section(shared, 'What the cards of all agents tell, unless agents.<name>.card says otherwise.');

const skill = {
  id: text('Unique within the agent.', { minLength: 1 }),
  name: text('Name for people.', { minLength: 1 }),
  description: text('What it does; empty: its name.', { default: '' }),
  tags: list(text('One tag.', { minLength: 1 }), 'Words to find it by; none: its id.', { default: [] }),
  examples: list(text('One example.', { minLength: 1 }), 'Messages that use it.', { default: [] }),
  input_modes: list(text('Media type.', { minLength: 1 }), "Media types it reads; none: the agent's.", { default: [] }),
  output_modes: list(text('Media type.', { minLength: 1 }), "Media types it writes; none: the agent's.", { default: [] }),
};

export const SkillSchema = object(skill, 'Something the agent can do, as its card tells.');

const subjects = (whom: string) =>
  optional(list(text('Subject of a caller.', { minLength: 1 }), `${whom}; left out means every caller with a login, [] means nobody.`));

export const ExtendedCardSchema = object(
  {
    description: optional(text("In place of the card's.", { minLength: 1 })),
    version: optional(text("In place of the card's.", { minLength: 1 })),
    documentation_url: optional(text("In place of the card's.", ADDRESS)),
    subjects: subjects('Who gets it'),
    skills: list(
      object(
        { ...skill, subjects: subjects('Who sees it') },
        'A skill that the card does not tell, or one that takes the place of another with its id.',
      ),
      'Skills beyond those of the card.',
      { default: [] },
    ),
  },
  'What GetExtendedAgentCard tells callers with a login; without it there is no such card.',
);

export const ExtensionSchema = object(
  {
    uri: text('Its name, with a version in it.', {
      pattern: '^[A-Za-z][A-Za-z0-9+.-]*:[^\\s,]+$',
      'x-form': 'a URI without commas',
    }),
    description: text('How the agent uses it.', { default: '' }),
    required: flag('Calls that do not activate it are refused.', { default: false }),
    params: optional(freeForm('What the extension defines, as it is.')),
  },
  'An A2A extension that the agent declares.',
);

export const CardSigningSchema = section(
  {
    keys: list(
      object(
        {
          kid: text('Name under which verifiers find the public key.', { minLength: 1 }),
          alg: choice(['ES256', 'EdDSA', 'RS256'], 'Signature algorithm.', { default: 'ES256' }),
          private_key: text('Private key as PEM or JWK; write it as ${VARIABLE}.', { minLength: 1, writeOnly: true }),
          jku: optional(text('Where the public keys are published (JWK set).', ADDRESS)),
        },
        'One key.',
      ),
      'Every card is signed with each of them: to rotate, add the new key, later take away the old one.',
      { default: [] },
    ),
  },
  'Signatures of agent cards (JWS); without keys cards are not signed. Needs server.public_url.',
);

export function resolveCard(card: Static<typeof CardSchema> | Static<typeof ServerCardSchema>): CardSettings {
  return {
    version: 'version' in card ? card.version : undefined,
    documentationUrl: card.documentation_url,
    iconUrl: card.icon_url,
    provider: card.provider,
  };
}

export function resolveSkill(skill: Static<typeof SkillSchema>): SkillSettings {
  const { id, name, description, tags, examples } = skill;
  return { id, name, description, tags, examples, inputModes: skill.input_modes, outputModes: skill.output_modes };
}

export function resolveExtendedCard(card: Static<typeof ExtendedCardSchema>): ExtendedCardSettings {
  return {
    description: card.description,
    version: card.version,
    documentationUrl: card.documentation_url,
    subjects: card.subjects,
    skills: card.skills.map((skill) => ({ ...resolveSkill(skill), subjects: skill.subjects })),
  };
}

export function resolveExtension({ uri, description, required, params }: Static<typeof ExtensionSchema>): ExtensionSettings {
  return { uri, description, required, params };
}

export function resolveCardSigning({ keys }: Static<typeof CardSigningSchema>): { readonly keys: readonly SigningKeySettings[] } {
  return { keys: keys.map(({ kid, alg, private_key: privateKey, jku }) => ({ kid, alg, privateKey, jku })) };
}
