/** Sets a variable that a native library reads when it is loaded; one that the operator has set wins. */
export function setNativeVariable(name: string, value: string): void {
  process.env[name] ??= value;
}
