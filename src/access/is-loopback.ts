import { plainAddress } from './plain-address.js';

/** Whether a connection comes from this machine. @param address as the socket has it */
export function isLoopback(address: string): boolean {
  return address === '::1' || plainAddress(address).startsWith('127.');
}
