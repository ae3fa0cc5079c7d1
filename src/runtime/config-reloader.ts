/**
 * Hot reload (CFG-93 to CFG-97, R12): a changed configuration is loaded, checked and built whole beside the running one, and becomes the
 * current one for new runs; one that is bad changes nothing and is told.
 *
 * Owns: one change at a time, what the source held last, and the last failure. Does not own: snapshots (`runtime.ts`) and what else follows
 * the current settings (`adopt`).
 */
import type { CancelTimer, Clock } from '../base/clock.js';
import { AppError, type FieldProblem, toAppError } from '../base/errors.js';
import { canonicalJson } from '../base/json.js';
import { restoreConfigText, showConfigText } from '../config/edit-config-text.js';
import type { LiveConfig } from '../config/live-config.js';
import { MAX_CONFIG_BYTES } from '../config/read-config-file.js';
import { findRestartKeys } from '../config/restart-keys.js';
import type { Settings } from '../config/settings.js';
import type { StoredConfig } from '../config/sources/config-source.js';
import type { Audit } from '../observe/audit.js';
import { errorType } from '../observe/error-type.js';
import type { Logger } from '../observe/log.js';
import type { Meter } from '../observe/meter.js';

/** Built, and not current yet. */
export interface PreparedConfig {
  /** Where every instance finds it. @throws AppError while SQL is away */
  store(): Promise<void>;
  adopt(): Promise<void>;
  /** It is not wanted. */
  drop(): Promise<void>;
}

export interface ConfigReloaderOptions {
  readonly config: LiveConfig;
  /** Those that this process was started with. */
  readonly started: Settings;
  readonly current: () => Settings;
  /** @throws AppError when they cannot be built; nothing has changed then */
  readonly prepare: (settings: Settings) => Promise<PreparedConfig>;
  /** What stored versions were built with is no longer so. */
  readonly onVariables: () => void;
  readonly metrics: Meter;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ReloadFailure {
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly problems: readonly FieldProblem[];
}

export interface ConfigStatus {
  readonly place: string;
  /** Of the settings that new runs begin with. */
  readonly version: string;
  readonly isWatched: boolean;
  readonly loadedAt: number;
  /** Of the text that was refused last; `undefined`: what the source holds is what runs. */
  readonly failure: ReloadFailure | undefined;
  /** Keys that wait for a restart. */
  readonly restartKeys: readonly string[];
}

export interface SaveOptions {
  /** Only if the source still holds this. `undefined`: whatever it holds. */
  readonly expected: string | undefined;
  /** Who asks, for the audit. */
  readonly by: string;
}

export interface SavedConfig {
  readonly revision: string;
  readonly version: string;
  readonly restartKeys: readonly string[];
}

export class ConfigReloader {
  readonly #options: ConfigReloaderOptions;
  readonly #closing = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();
  #fingerprint: string | undefined;
  #isEmpty = true;
  #loadedAt: number;
  #failure: ReloadFailure | undefined;
  #stopWatch: (() => void) | undefined;
  #retry: CancelTimer | undefined;

  constructor(options: ConfigReloaderOptions) {
    this.#options = options;
    this.#loadedAt = options.clock.now();
    options.metrics.set('config_refused', {}, 0);
  }

  /** Looks whenever the source, or a `.env` file, may have changed. */
  watch(): void {
    const { config, log } = this.#options;
    this.#stopWatch ??= config.watch(
      () => void this.reload('watch'),
      (message) => log.warn(message),
    );
    log.info(`the configuration is watched: ${config.place}`);
    // What changed since the settings were loaded was not heard.
    void this.reload('start');
  }

  /** Never rejects: what is wrong is told, and the running configuration stays (CFG-94). */
  reload(cause: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closing.signal.aborted) return;
      this.#retry?.();
      try {
        await this.#load(cause);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        // It may be half written: it is looked at once more before anybody is told.
        if (cause === 'watch') this.#retry = this.#options.clock.after(SETTLE_MS, () => void this.reload('second look'));
        else this.#refuse(error, cause);
      }
    });
  }

  /** The text of the source as people may see it, and what it must be named by to be replaced. */
  async show(): Promise<StoredConfig> {
    const stored = await this.#options.config.read();
    return { ...stored, text: showConfigText(stored.text, this.#options.config.place) };
  }

  /** What the text would be, without any change. @throws AppError `CONFIG_*`, with every problem at once */
  async check(text: string): Promise<{ readonly settings: Settings; readonly restartKeys: readonly string[] }> {
    const { config, started, prepare } = this.#options;
    assertText(text);
    const stored = await config.read();
    const settings = config.build(restoreConfigText(text, stored.text, config.place));
    await (await prepare(settings)).drop();
    return { settings, restartKeys: findRestartKeys(started, settings) };
  }

  /** Builds it, writes it to the source, and takes it up, in this order. @throws AppError `CONFIG_*`; nothing has changed then */
  save(text: string, options: SaveOptions): Promise<SavedConfig> {
    const { audit } = this.#options;
    const tell = (outcome: { readonly success: boolean; readonly error?: string }) =>
      audit.record({ action: 'config.save', user: options.by, ...outcome });
    return this.#inTurn(async () => {
      try {
        const saved = await this.#save(text, options);
        tell({ success: true });
        return saved;
      } catch (error) {
        tell({ success: false, error: errorType(error) });
        throw error;
      }
    });
  }

  status(): ConfigStatus {
    const { config, current, started } = this.#options;
    return {
      place: config.place,
      version: current().version,
      isWatched: this.#stopWatch !== undefined,
      loadedAt: this.#loadedAt,
      failure: this.#failure,
      restartKeys: findRestartKeys(started, current()),
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#stopWatch?.();
    this.#retry?.();
    await this.#turn;
  }

  async #save(text: string, { expected }: SaveOptions): Promise<SavedConfig> {
    const { config, started, prepare } = this.#options;
    assertText(text);
    const stored = await config.read();
    if (expected !== undefined && expected !== stored.revision)
      throw new AppError('CONFIG_CHANGED', {
        message: `${config.place} was changed since you read it; GET /api/config tells what it is`,
      });
    const whole = restoreConfigText(text, stored.text, config.place);
    assertText(whole);
    const settings = config.build(whole);
    const prepared = await prepare(settings);
    const written = await orDrop(prepared, async () => {
      await prepared.store();
      return await config.write(whole, stored.revision);
    });
    await prepared.adopt();
    this.#applied(config.fingerprintOf(written), whole);
    this.#tell('api', settings, []);
    return { revision: written.revision, version: settings.version, restartKeys: findRestartKeys(started, settings) };
  }

  async #load(cause: string): Promise<void> {
    const { config, current, prepare, onVariables } = this.#options;
    const variables = config.refreshVariables();
    if (variables.length > 0) onVariables();
    const stored = await config.read(this.#closing.signal);
    const fingerprint = config.fingerprintOf(stored);
    // A signal asks again; an event may be one of many for the same change, or take back one that was refused.
    if (fingerprint === this.#fingerprint && this.#failure === undefined && cause !== 'signal' && variables.length === 0) return;
    if (stored.text.trim() === '' && !this.#isEmpty)
      throw new AppError('CONFIG_INVALID', {
        message: `${config.place} is empty: it may be half written; a configuration without any key is written {}`,
      });
    const settings = config.build(stored.text);
    // Comments, or another order of keys.
    if (canonicalJson(settings) === canonicalJson(current())) {
      this.#applied(fingerprint, stored.text);
      return;
    }
    const prepared = await prepare(settings);
    await orDrop(prepared, () => prepared.store());
    if (this.#closing.signal.aborted) return await prepared.drop();
    await prepared.adopt();
    this.#applied(fingerprint, stored.text);
    this.#tell(cause, settings, variables);
  }

  #applied(fingerprint: string, text: string): void {
    const { metrics, clock, log } = this.#options;
    if (this.#failure !== undefined) log.info('the configuration is good again');
    this.#fingerprint = fingerprint;
    this.#isEmpty = text.trim() === '';
    this.#failure = undefined;
    this.#loadedAt = clock.now();
    metrics.set('config_refused', {}, 0);
  }

  #tell(cause: string, settings: Settings, variables: readonly string[]): void {
    const { metrics, log, started } = this.#options;
    metrics.count('config_reloads_total', { outcome: 'applied' });
    const { version } = settings;
    const changed = variables.length === 0 ? '' : ` (changed: ${variables.join(', ')})`;
    log.info({ version, cause }, `the configuration ${version} is the current one${changed}; runs under way keep theirs`);
    const keys = findRestartKeys(started, settings);
    if (keys.length > 0) log.warn({ keys }, `changes of ${keys.join(', ')} wait for a restart`);
  }

  #refuse(thrown: unknown, cause: string): void {
    const { metrics, clock, log } = this.#options;
    const error = toAppError(thrown);
    const { code, message, problems } = error;
    const isKnown =
      this.#failure?.code === code &&
      this.#failure.message === message &&
      canonicalJson(this.#failure.problems) === canonicalJson(problems);
    this.#failure = { at: clock.now(), code, message, problems };
    metrics.set('config_refused', {}, 1);
    if (!isKnown || cause === 'signal') {
      metrics.count('config_reloads_total', { outcome: 'refused' });
      // One line: the log shows line breaks as what they are.
      const shown = problems.slice(0, SHOWN_PROBLEMS).map(({ field, description }) => `; ${field}: ${description.replaceAll(/\s+/g, ' ')}`);
      log.error({ code, cause }, `the configuration is refused, the running one stays: ${message}${shown.join('')}`);
    }
    // Somebody else is away; the text may be good.
    if (error.disposition === 'retry') this.#retry = clock.after(RETRY_MS, () => void this.reload('retry'));
  }

  /** After those before it, whatever became of them. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

async function orDrop<T>(prepared: PreparedConfig, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    await prepared.drop();
    throw error;
  }
}

function assertText(text: string): void {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES)
    throw new AppError('CONFIG_UNREADABLE', { message: 'the text is larger than 1 MiB, the limit for a configuration' });
  if (text.trim() === '') throw new AppError('CONFIG_INVALID', { message: 'the text is empty; a configuration without any key is {}' });
}

const SETTLE_MS = 300;
const SHOWN_PROBLEMS = 10;
const RETRY_MS = 5_000;
