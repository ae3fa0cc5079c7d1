/** Where the documents of a store come from (`document_stores.<name>.source`). */
import type { JsonObject } from '../base/json.js';

export type SourceSettings =
  | DirectorySourceSettings
  | SqlSourceSettings
  | ApiSourceSettings
  | UrlsSourceSettings
  | S3SourceSettings
  | CollectionSourceSettings;

export type SourceType = SourceSettings['type'];

interface CommonSourceSettings {
  /** Of one document. */
  readonly maxFileBytes: number;
}

interface ChosenByGlobs {
  /** Empty = everything. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface DirectorySourceSettings extends CommonSourceSettings, ChosenByGlobs {
  readonly type: 'directory';
  /** Absolute. Globs are relative to it. */
  readonly path: string;
}

/** RAG-04 */
export interface SqlSourceSettings extends CommonSourceSettings {
  readonly type: 'sql';
  readonly sql: SqlQueries;
}

/** Tables, or one query with the columns beside it. */
export interface SqlQueries extends SqlColumns {
  /** Key in `databases`. */
  readonly database: string;
  readonly tables: readonly SqlTableSettings[];
  /** A SELECT; '' = there are tables. */
  readonly query: string;
  readonly contentColumns: readonly string[];
  /** Of each table or of the query; more are not indexed, and that is said. 0 = no limit. */
  readonly maxRows: number;
}

interface SqlColumns {
  readonly idColumn: string;
  /** Changes whenever the row does; '' = there is none, and every scan reads all contents. */
  readonly updatedColumn: string;
  readonly metadataColumns: readonly string[];
}

export interface SqlTableSettings extends SqlColumns {
  /** With its schema before a dot where it needs one. */
  readonly table: string;
  /** Of the content. */
  readonly columns: readonly string[];
  /** A condition in the database's own SQL; '' = none. */
  readonly whereClause: string;
}

/** RAG-05 */
export interface ApiSourceSettings extends CommonSourceSettings {
  readonly type: 'api';
  readonly api: ApiSettings;
}

export interface ApiSettings {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
  readonly auth: ApiAuthSettings | undefined;
  /** Names with dots between them; '' = the answer itself. */
  readonly responsePath: string;
  readonly idField: string;
  /** Empty: the whole item, as JSON. */
  readonly contentFields: readonly string[];
  readonly metadataFields: readonly string[];
  /** Changes whenever the item does; '' = its content tells. */
  readonly updatedField: string;
  readonly pagination: ApiPaginationSettings | undefined;
  /** Of one request, to the end of its answer. */
  readonly timeoutMs: number;
  readonly maxRetries: number;
  /** Of one answer, decompressed, bytes. */
  readonly maxResponseSize: number;
  /** Hosts and networks that may be asked although they are not public. */
  readonly allowPrivate: readonly string[];
}

export interface ApiAuthSettings {
  readonly type: 'bearer' | 'basic' | 'apikey';
  readonly token: string;
  readonly username: string;
  readonly password: string;
  readonly apiKey: string;
  /** Of the header or the parameter that carries `apiKey`. */
  readonly name: string;
  readonly place: 'header' | 'query';
}

export interface ApiPaginationSettings {
  readonly type: 'offset' | 'page' | 'cursor' | 'link';
  /** Carries the offset, the page's number or the cursor. */
  readonly pageParam: string;
  /** '' = the size is not sent. */
  readonly sizeParam: string;
  readonly pageSize: number;
  readonly maxPages: number;
  readonly firstPage: number;
  /** Where the answer has the next cursor or address; '' = its header Link. */
  readonly nextField: string;
  /** Goes before `responsePath`. */
  readonly dataField: string;
  /** Parameters go into the query, or to the top of the body. */
  readonly place: 'query' | 'body';
}

/** RAG-07 */
export interface UrlsSourceSettings extends CommonSourceSettings, ChosenByGlobs {
  readonly type: 'urls';
  readonly urls: readonly string[];
  readonly crawler: CrawlerSettings;
}

export interface CrawlerSettings {
  readonly followLinks: boolean;
  readonly maxDepth: number;
  readonly maxPages: number;
  /** Beside the hosts of `urls`; `*.example.com` = all below it. */
  readonly allowedHosts: readonly string[];
  readonly robots: boolean;
  /** Those that robots.txt names are read; one that stands in `urls` always is. */
  readonly sitemaps: boolean;
  /** Requests at once to one host. */
  readonly concurrency: number;
  /** Between the beginnings of two requests to one host; a longer crawl-delay goes before it. */
  readonly delayMs: number;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly userAgent: string;
  readonly allowPrivate: readonly string[];
}

/** RAG-08 */
export interface S3SourceSettings extends CommonSourceSettings, ChosenByGlobs {
  readonly type: 's3';
  readonly s3: S3Settings;
}

export interface S3Settings {
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
  /** '' = Amazon's own. */
  readonly endpoint: string;
  readonly pathStyle: boolean;
  /** '' = what the AWS client finds: variables, a profile, a role. */
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string;
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

/** RAG-06: somebody else fills it, there is nothing to ingest. */
export interface CollectionSourceSettings extends CommonSourceSettings {
  readonly type: 'collection';
  readonly collection: string;
  /** Names in the metadata of its entries. */
  readonly textField: string;
  readonly titleField: string;
  readonly pathField: string;
}
