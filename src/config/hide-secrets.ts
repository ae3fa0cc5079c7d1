import type { Environment } from './environment.js';

const SECRET_NAME = /key|token|secret|pass|credential|dsn/i;

/** Shorter values would blank out ordinary words. */
const MIN_SECRET_LENGTH = 6;

export const MASK = '********';

/** Replaces the values of variables that are named like secrets, wherever they occur. */
export function hideSecrets(text: string, environment: Environment): string {
  return listSecretVariables(environment).reduce((hidden, value) => hidden.replaceAll(value, MASK), text);
}

/** Values of variables that are named like secrets. */
export function listSecretVariables(environment: Environment): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && value.length >= MIN_SECRET_LENGTH && SECRET_NAME.test(name) ? [value] : [],
  );
}
