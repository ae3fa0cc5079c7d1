/**
 * What clients of one task hold, by cursor. What a client holds at a cursor follows from the cursor alone (R10), so whoever comes there,
 * over whatever connections, must hold the same to the byte; and the durable events that each saw are the same rows (R4, T6).
 */

import type { Frame, WireTask } from './a2a-client.js';
import type { ClientLog } from './chaos/client-log.js';
import { StreamClient } from './stream-client.js';

export class ClientViews {
  /** The first client's, which nobody disturbs. */
  readonly undisturbed: ClientLog;
  /** Places that more than one client came to. */
  shared = 0;
  readonly #views = new Map<string, string>();

  constructor(undisturbed: ClientLog) {
    this.undisturbed = undisturbed;
  }

  /** The frame was just applied to the log's view. @returns what is wrong with it. */
  compare(log: ClientLog, { id = '' }: Frame): string | undefined {
    // Between two frames of one event there is no such place.
    if (id.endsWith('.1')) return undefined;
    const view = JSON.stringify([log.view.state, log.view.content()]);
    const known = this.#views.get(id);
    if (known === undefined) {
      this.#views.set(id, view);
      return undefined;
    }
    this.shared += 1;
    return known === view ? undefined : `at ${id} it holds\n${view}\nand another client\n${known}`;
  }

  /** At the end, of one client: its rows are the undisturbed client's, and it holds the task. */
  findDifference(log: ClientLog, task: WireTask): string | undefined {
    const rows = (from: ClientLog) => JSON.stringify(from.events.filter(({ seq }) => seq > log.firstSeq));
    if (rows(log) !== rows(this.undisturbed))
      return `it saw the events\n${rows(log)}\nand the undisturbed client\n${rows(this.undisturbed)}`;
    const read = new StreamClient();
    read.apply(undefined, { task });
    const [held, stored] = [log.view, read].map((client) => JSON.stringify([client.state, client.content()]));
    return held === stored ? undefined : `at the end it holds\n${held}\nand GetTask answers\n${stored}`;
  }
}
