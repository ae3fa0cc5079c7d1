/** Whether a connection comes from this machine. @param address as the socket has it */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address) || address.startsWith('::ffff:7f');
}
