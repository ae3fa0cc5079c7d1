import { AppError } from '../base/errors.js';
import { setNativeVariable } from '../config/native-environment.js';

export type Uws = typeof import('uWebSockets.js');

/**
 * Loads the native library, once per process. It reads its header limit from the environment while loading, so the first
 * server of a process decides how many bytes it holds back for headers that arrive in pieces.
 */
export async function loadUws(maxHeaderBytes: number): Promise<Uws> {
  setNativeVariable('UWS_HTTP_MAX_HEADERS_SIZE', String(maxHeaderBytes));
  try {
    const uws = (await import('uWebSockets.js')).default as unknown as Uws & { _cfg?: (key: string) => void };
    // Leaves out the header that advertises the library and its version.
    uws._cfg?.('silent');
    return uws;
  } catch (cause) {
    throw new AppError('HTTP_ADAPTER_UNAVAILABLE', {
      message: `uWebSockets.js does not load on this machine (${process.platform} ${process.arch}, Node ${process.version}): set server.http to auto or node`,
      cause,
    });
  }
}
