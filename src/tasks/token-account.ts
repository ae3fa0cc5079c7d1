/** Who pays for the tokens that models use: whoever began the run that a worker is busy with, however deep below it a model is asked. */
import { createScope } from '../base/scope.js';

/** Must not throw. */
export type SpendTokens = (tokens: number) => void;

const accounts = createScope<SpendTokens>();

export function withTokenAccount<T>(spend: SpendTokens, run: () => Promise<T>): Promise<T> {
  return accounts.within(spend, run);
}

/** Outside of any run nobody pays. */
export function spendTokens(tokens: number): void {
  if (tokens > 0) accounts.find()?.(tokens);
}
