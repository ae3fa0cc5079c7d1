import t from 'tap';
import { openApiWorld } from '../support/source-worlds/api-world.js';
import { openDirectoryWorld } from '../support/source-worlds/directory-world.js';
import { openS3World } from '../support/source-worlds/s3-world.js';
import { openUrlsWorld } from '../support/source-worlds/urls-world.js';
import { documentSourceContract } from './document-source.js';

for (const [name, openWorld] of Object.entries({
  'files of a folder (RAG-01)': openDirectoryWorld,
  'items of an API (RAG-05)': openApiWorld,
  'pages of a site (RAG-07)': openUrlsWorld,
  'objects of a bucket (RAG-08)': openS3World,
}))
  t.test(name, async (t) => documentSourceContract(t, openWorld));
