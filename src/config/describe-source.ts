import { hideCredentials } from './describe-value.js';
import type { SourceSettings } from './source-settings.js';

/** Where documents come from, in one line for people. */
export function describeSource(source: SourceSettings): string {
  switch (source.type) {
    case 'directory':
      return source.path;
    case 'sql':
      return `${source.sql.query === '' ? source.sql.tables.map(({ table }) => table).join(', ') : 'a query'} in databases.${source.sql.database}`;
    case 'api':
      return hideCredentials(source.api.url.split('?', 1)[0] as string);
    case 'urls':
      return source.urls.map((url) => hideCredentials(url.split('?', 1)[0] as string)).join(', ');
    case 's3':
      return `s3://${source.s3.bucket}/${source.s3.prefix}`;
    case 'collection':
      return `collection ${source.collection}`;
  }
}
