/** The file that a first `serve` without one writes (CLI-20): what the flags said and what the environment offered, never a secret (CLI-48). */
import { randomUUID } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { completeDocument } from './complete-document.js';
import type { Environment } from './environment.js';
import { KEY_VARIABLES } from './keys/llms.js';
import { writeFileWhole } from './sources/write-file-whole.js';

/** What was left to Hector is written where a later change of the environment should not change it. */
export function generateDocument(document: JsonObject, environment: Environment): JsonObject {
  const { llms, agents } = completeDocument(document, environment);
  return {
    version: '2',
    ...document,
    llms: isJsonObject(llms) ? Object.fromEntries(Object.entries(llms).map(([name, llm]) => [name, describeLlm(llm, environment)])) : {},
    agents: agents ?? {},
  };
}

/** The offline model is not chosen: with a key in the environment, the next start has another one. */
function describeLlm(llm: unknown, environment: Environment): JsonObject {
  if (!isJsonObject(llm)) return {};
  const { provider, ...rest } = llm;
  if (provider === 'offline') return rest;
  const variable =
    typeof provider === 'string' && rest.api_key === undefined && rest.base_url === undefined
      ? findVariable(provider, environment)
      : undefined;
  return { ...(provider === undefined ? {} : { provider }), ...rest, ...(variable === undefined ? {} : { api_key: `\${${variable}}` }) };
}

function findVariable(provider: string, environment: Environment): string | undefined {
  return KEY_VARIABLES[provider]?.find((name) => (environment[name] ?? '') !== '');
}

export function formatDocument(document: JsonObject): string {
  return `${HEADER}${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** Only where there is none (CLI-21). False: somebody else was first. @throws what the file system throws */
export function writeNewConfig(file: string, text: string): boolean {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const whole = `${file}.${randomUUID()}.new`;
  try {
    writeFileWhole(whole, text);
    chmodSync(whole, 0o600);
    linkSync(whole, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(whole, { force: true });
  }
}

const HEADER = `# Written by the first 'hector serve' here, and never overwritten: change it as you like.
# Later flags count for their run alone. Keys of providers come from variables, or from a file .env beside this one.
# Without any key the built-in offline model answers. 'hector schema' tells what else can stand here.
`;
