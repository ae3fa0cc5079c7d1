/**
 * A node of ZooKeeper over its own protocol, of which this needs four requests: the clients on npm are no longer looked after, or compile
 * a C library at every install. The node's version is the revision, with its birth, as a node made anew begins at 0 again.
 */
import type { Clock } from '../../../base/clock.js';
import type { AppError } from '../../../base/errors.js';
import { createRotation, refused, unavailable } from '../remote-failures.js';
import type { RemoteAddress, RemotePlace } from '../remote-place.js';
import type { RemoteReading, RemoteStore } from '../remote-store.js';
import { bool, bytes, int, type JuteReader } from './jute.js';
import { ZooKeeperSession } from './session.js';

export function createZooKeeperStore(place: RemotePlace, clock: Clock): RemoteStore {
  const atAny = createRotation(place);
  const path = bytes(place.key);

  /** A session for each operation: they are rare, and whatever a server knew of the one before is of no interest. */
  const inSession = <T>(signal: AbortSignal, run: (session: ZooKeeperSession, address: RemoteAddress) => Promise<T>): Promise<T> =>
    atAny(signal, async (address) => {
      const session = await ZooKeeperSession.open(place, address, clock, signal);
      try {
        return await run(session, address);
      } finally {
        session.close();
      }
    });

  const failure = (error: number, wish: 'read' | 'write', address: RemoteAddress): AppError =>
    REFUSALS.has(error) ? refused(place, wish, REFUSALS.get(error) as string) : unavailable(place, address, `error ${error} of ZooKeeper`);

  const read = async (session: ZooKeeperSession, address: RemoteAddress, isWatched: boolean): Promise<RemoteReading> => {
    const { error, body } = await session.request(GET_DATA, [path, bool(isWatched)]);
    if (error === NO_NODE) {
      // A watch on what is not there is set by another request.
      const there = isWatched ? await session.request(EXISTS, [path, bool(true)]) : undefined;
      if (there === undefined || there.error === NO_NODE) return { value: undefined, position: NOWHERE };
      if (there.error !== 0) throw failure(there.error, 'read', address);
      return { value: undefined, position: readStat(there.body).revision };
    }
    if (error !== 0) throw failure(error, 'read', address);
    const data = body.bytes();
    const { revision } = readStat(body);
    return { value: { bytes: Buffer.from(data), revision }, position: revision };
  };

  return {
    maxBytes: MAX_BYTES,
    howToWrite: `zkCli.sh create ${place.key} "$(cat hector.yaml)"`,
    get: (signal) => inSession(signal, (session, address) => read(session, address, false)),
    put: (text, expected, signal) =>
      inSession(signal, async (session, address) => {
        const { value } = await read(session, address, false);
        if (value?.revision !== expected) return undefined;
        const version = Number(expected.split('-')[1]);
        const { error, body } = await session.request(SET_DATA, [path, bytes(text), int(version)]);
        if (error === NO_NODE || error === BAD_VERSION) return undefined;
        if (error !== 0) throw failure(error, 'write', address);
        return readStat(body).revision;
      }),
    awaitChange: (position, signal) =>
      inSession(signal, async (session, address) => {
        const event = session.nextEvent();
        event.catch(() => undefined);
        if ((await read(session, address, true)).position === position) await event;
      }),
  };
}

function readStat(reader: JuteReader): { readonly revision: string } {
  const bornAt = reader.long();
  for (let skipped = 0; skipped < 3; skipped++) reader.long();
  return { revision: `${bornAt.toString(16)}-${reader.int()}` };
}

const EXISTS = 3;
const GET_DATA = 4;
const SET_DATA = 5;

const NO_NODE = -101;
const BAD_VERSION = -103;
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [-102, 'not allowed'],
  [-124, 'it wants SASL, which is not supported here'],
]);

const NOWHERE = '';
/** A server takes messages up to 1 MiB, and there is more in them than the text. */
const MAX_BYTES = 1024 * 1024 - 4096;
