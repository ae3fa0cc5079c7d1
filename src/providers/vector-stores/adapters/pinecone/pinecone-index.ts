/**
 * The index that all collections of a store are namespaces of: where it is, and that it is there and fits.
 *
 * Owns: the index's address, once known. Does not own: the index, which may be anybody's and is never removed.
 */
import type { Clock } from '../../../../base/clock.js';
import { AppError } from '../../../../base/errors.js';
import type { JsonObject } from '../../../../base/json.js';
import { isJsonObject } from '../../../../base/json.js';
import type { VectorServiceSettings } from '../../../../config/settings.js';
import type { Exchange } from '../../outside/exchange.js';
import { numberIn, objectIn, textIn } from '../../outside/fields-of-answer.js';
import { orMissing } from '../../outside/missing.js';

export interface PineconeIndexOptions {
  readonly key: string;
  readonly settings: VectorServiceSettings;
  readonly exchange: Exchange;
  readonly clock: Clock;
}

export class PineconeIndex {
  readonly #options: PineconeIndexOptions;
  #address: string | undefined;

  constructor(options: PineconeIndexOptions) {
    this.#options = options;
  }

  /** Its address; `undefined` = there is no such index. */
  async find(signal: AbortSignal): Promise<string | undefined> {
    if (this.#address !== undefined) return this.#address;
    const { settings } = this.#options;
    if (!isControl(settings.url)) this.#address = settings.url;
    else {
      const index = await this.#describe(signal);
      if (index !== undefined && isReady(index)) this.#address = addressOf(index, settings.url);
    }
    return this.#address;
  }

  /** Makes it when there is none, and sees to it that it takes vectors of this length. */
  async prepare(dimension: number, signal: AbortSignal): Promise<void> {
    const { settings, clock, key } = this.#options;
    if (!isControl(settings.url)) return await this.#check(await this.#statistics(signal), dimension);
    let index = await this.#describe(signal);
    if (index === undefined) await this.#create(dimension, signal);
    const deadline = clock.monotonic() + MAX_START_MS;
    for (index ??= await this.#describe(signal); index === undefined || !isReady(index); index = await this.#describe(signal)) {
      if (clock.monotonic() > deadline)
        throw new AppError('VECTOR_STORE_UNAVAILABLE', {
          message: `Index '${settings.indexName}' (${key}.index_name) does not become ready`,
        });
      await clock.sleep(LOOK_MS, signal);
    }
    await this.#check(index, dimension);
    this.#address = addressOf(index, settings.url);
  }

  async #describe(signal: AbortSignal): Promise<JsonObject | undefined> {
    const { settings, exchange } = this.#options;
    const path = `/indexes/${encodeURIComponent(settings.indexName)}`;
    const answer = await orMissing(exchange({ method: 'GET', path, isRead: true, collection: settings.indexName }, signal));
    return answer === undefined ? undefined : objectIn(answer.json);
  }

  async #statistics(signal: AbortSignal): Promise<JsonObject> {
    const { exchange } = this.#options;
    return objectIn((await exchange({ method: 'POST', path: '/describe_index_stats', body: {}, isRead: true }, signal)).json);
  }

  async #create(dimension: number, signal: AbortSignal): Promise<void> {
    const { settings, exchange } = this.#options;
    const { indexName: name, environment, cloud, region } = settings;
    const spec = environment === '' ? { serverless: { cloud, region } } : { pod: { environment, pod_type: 'p1.x1', pods: 1 } };
    const body = { name, dimension, metric: 'cosine', spec, deletion_protection: 'disabled' };
    try {
      await exchange({ method: 'POST', path: '/indexes', body, isRead: false }, signal);
    } catch (error) {
      // Somebody else was quicker.
      if (!(error instanceof AppError && error.details?.['status'] === 409)) throw error;
    }
  }

  async #check(index: JsonObject, dimension: number): Promise<void> {
    const { settings, key } = this.#options;
    const { metric } = index;
    // Vectors are of unit length: their dot product is their cosine.
    if (typeof metric === 'string' && metric !== 'cosine' && metric !== 'dotproduct')
      throw new AppError('VECTOR_STORE_UNUSABLE', {
        message: `Index '${settings.indexName}' (${key}.index_name) compares by ${metric}; wanted cosine`,
      });
    const size = numberIn(index, 'dimension');
    if (size !== dimension)
      throw new AppError('INDEX_FAILED', {
        message: `The vectors of index '${settings.indexName}' (${key}.index_name) have ${size} numbers, this one has ${dimension}; an index takes vectors of one embedder only`,
      });
  }
}

function isReady(index: JsonObject): boolean {
  return isJsonObject(index['status']) && index['status']['ready'] === true;
}

/** Pinecone names hosts; the emulator of one's own machine speaks plain HTTP. */
function addressOf(index: JsonObject, controlUrl: string): string {
  const host = textIn(index, 'host');
  return /^https?:\/\//.test(host) ? host : `${controlUrl.startsWith('http:') ? 'http' : 'https'}://${host}`;
}

/** Pinecone's own hosts of indexes have `svc` in their names; any other address answers for indexes. */
function isControl(url: string): boolean {
  return !/^https?:\/\/[^/]*\.svc\./.test(url);
}

const LOOK_MS = 1_000;
/** Pods take a minute. */
const MAX_START_MS = 180_000;
