/** `GET /api/sessions/{id}`: a session with its state and its newest messages, or older ones page by page (SES-04). */
import type { JsonObject } from '../base/json.js';
import type { MessagePlace, PlacedMessage, SessionRecord } from '../tasks/session-store.js';
import { getSession, type SessionReference } from './get-session.js';
import { QueryReader } from './query-reader.js';
import { viewMessage, viewSession } from './session-view.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

export async function inspectSession(ports: StudioPorts, reference: SessionReference, query: URLSearchParams): Promise<StudioResponse> {
  const reader = new QueryReader(query, ['last', 'after', 'cursor']);
  const last = reader.integer('last', { minimum: 0, maximum: 1_000 }) ?? DEFAULT_LAST;
  const after = reader.time('after');
  const before = reader.cursor(parsePlace);
  reader.problems.throwIfAny();
  const session = await getSession(ports, reference);
  const [state, page] = await Promise.all([ports.sessions.readState(session), collect(ports, session, { last, after, before })]);
  const body: JsonObject = { ...viewSession(session), state, messages: page.messages.map(viewMessage) };
  return { status: 200, body: { ...body, ...(page.next === undefined ? {} : { next_cursor: formatPlace(page.next) }) } };
}

interface MessageRange {
  readonly last: number;
  /** Only messages that were written later. */
  readonly after: number | undefined;
  readonly before: MessagePlace | undefined;
}

/** Messages stand in the order of their runs, not quite in that of time: what is too old is passed over and not the end. */
async function collect({ sessions }: StudioPorts, session: SessionRecord, { last, after, before }: MessageRange) {
  let messages: PlacedMessage[] = [];
  let place = before;
  if (last === 0) return { messages };
  for (let read = 0; read < MAX_READ; ) {
    const wanted = after === undefined ? last + 1 : BATCH;
    const batch = await sessions.readMessages(session, { before: place, limit: wanted });
    const kept = after === undefined ? batch : batch.filter(({ message }) => message.createdAt > after);
    messages = [...kept, ...messages];
    if (messages.length > last) {
      messages = messages.slice(-last);
      return { messages, next: messages[0] };
    }
    if (batch.length < wanted) return { messages };
    read += batch.length;
    place = batch[0];
  }
  return { messages, next: place };
}

function formatPlace({ turn, position }: MessagePlace): string {
  return `${turn}.${position}`;
}

function parsePlace(text: string): MessagePlace | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(text);
  return match === null ? undefined : { turn: Number(match[1]), position: Number(match[2]) };
}

const DEFAULT_LAST = 100;
const BATCH = 500;
/** Messages that one request looks through for later ones; the cursor goes on before them. */
const MAX_READ = 5_000;
