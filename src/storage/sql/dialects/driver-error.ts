/** The code that a driver or the operating system put on an error, e.g. `40P01`, `ER_DUP_ENTRY`, `ECONNREFUSED`. */
export function driverCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
