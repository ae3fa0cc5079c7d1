/** Sources by their type. */
import { createGuardedRequest } from '../../access/guarded-request.js';
import { createOutboundGuard } from '../../access/outbound-guard.js';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { DatabaseSettings, SourceSettings } from '../../config/settings.js';
import { createApiSource } from './api/api-source.js';
import { createCollectionSource } from './collection.js';
import { createDirectorySource } from './directory.js';
import type { DocumentSource } from './document-source.js';
import { createExchange } from './exchange.js';
import { createS3Source } from './s3/s3-source.js';
import type { OpenSqlReader } from './sql/sql-reader.js';
import { createSqlSource } from './sql/sql-source.js';
import { createUrlsSource } from './urls/urls-source.js';

export interface SourceDependencies {
  /** Key in `document_stores`, for messages. */
  readonly store: string;
  readonly clock: Clock;
  /** Of the configuration; sources of type sql read them through `openReader`. */
  readonly databases?: Readonly<Record<string, DatabaseSettings>>;
  readonly openReader?: OpenSqlReader;
}

/** Connects to nothing yet. */
export function createSource(settings: SourceSettings, { store, clock, databases = {}, openReader }: SourceDependencies): DocumentSource {
  const keyPath = `document_stores.${store}.source`;
  switch (settings.type) {
    case 'directory':
      return createDirectorySource(settings, clock);
    case 'sql': {
      const database = databases[settings.sql.database];
      if (database === undefined || openReader === undefined)
        throw new AppError('CONFIG_INVALID', { message: `${keyPath}.sql.database: there is no database '${settings.sql.database}'` });
      return createSqlSource(settings, { database, openReader });
    }
    case 'api': {
      const { allowPrivate, timeoutMs, maxRetries, maxResponseSize: maxBytes } = settings.api;
      const request = createGuardedRequest(createOutboundGuard({ allowPrivate, keyPath: `${keyPath}.api.allow_private` }));
      const exchange = createExchange({ request, clock, timeoutMs, maxRetries, maxBytes });
      return createApiSource(settings, { exchange, monotonic: () => clock.monotonic() });
    }
    case 'urls': {
      const { allowPrivate } = settings.crawler;
      const request = createGuardedRequest(createOutboundGuard({ allowPrivate, keyPath: `${keyPath}.crawler.allow_private` }));
      return createUrlsSource(settings, { request, clock });
    }
    case 's3':
      return createS3Source(settings);
    case 'collection':
      return createCollectionSource(settings);
  }
}
