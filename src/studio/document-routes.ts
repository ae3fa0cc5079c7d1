/** Paths of document stores, documents and ingest runs. */
import { inspectDocumentStore, listDocumentStores } from './document-stores.js';
import { type DocumentPlace, deleteDocument, inspectDocument, listDocuments, reingestDocument } from './documents.js';
import { dropDocumentStore } from './drop-store.js';
import { beginIngest, cancelIngestRun, inspectIngestRun, listIngestRuns, retryFailed } from './ingest-runs.js';
import { assertNoMembers } from './read-members.js';
import { searchStore } from './search-store.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioRequest, StudioRoute } from './studio-route.js';

export function createDocumentRoutes(ports: StudioPorts): readonly StudioRoute[] {
  const withoutBody =
    (act: (request: StudioRequest) => ReturnType<StudioRoute['handle']>): StudioRoute['handle'] =>
    async (request) => {
      assertNoMembers(request.body);
      return act(request);
    };
  const routes: readonly StudioRoute[] = [
    { method: 'GET', pattern: '/api/document_stores', handle: () => listDocumentStores(ports) },
    { method: 'GET', pattern: '/api/document_stores/{store}', handle: (request) => inspectDocumentStore(ports, storeOf(request)) },
    {
      method: 'DELETE',
      pattern: '/api/document_stores/{store}',
      handle: (request) => dropDocumentStore(ports, storeOf(request), request.query),
    },
    {
      method: 'POST',
      pattern: '/api/document_stores/{store}/ingest',
      handle: (request) => beginIngest(ports, storeOf(request), request.body, request.caller),
    },
    {
      method: 'POST',
      pattern: '/api/document_stores/{store}/retry',
      handle: withoutBody((request) => retryFailed(ports, storeOf(request), request.caller)),
    },
    {
      method: 'POST',
      pattern: '/api/document_stores/{store}/search',
      handle: (request) => searchStore(ports, storeOf(request), request.body),
    },
    {
      method: 'GET',
      pattern: '/api/document_stores/{store}/documents',
      handle: (request) => listDocuments(ports, storeOf(request), request.query),
    },
    {
      method: 'GET',
      pattern: '/api/document_stores/{store}/documents/{id}',
      handle: (request) => inspectDocument(ports, placeOf(request), request.query),
    },
    {
      method: 'DELETE',
      pattern: '/api/document_stores/{store}/documents/{id}',
      handle: (request) => deleteDocument(ports, placeOf(request)),
    },
    {
      method: 'POST',
      pattern: '/api/document_stores/{store}/documents/{id}/reingest',
      handle: withoutBody((request) => reingestDocument(ports, placeOf(request), request.caller)),
    },
    { method: 'GET', pattern: '/api/ingest_runs', handle: ({ query }) => listIngestRuns(ports, query) },
    { method: 'GET', pattern: '/api/ingest_runs/{id}', handle: (request) => inspectIngestRun(ports, request.parameters.id as string) },
    {
      method: 'POST',
      pattern: '/api/ingest_runs/{id}/cancel',
      handle: withoutBody((request) => cancelIngestRun(ports, request.parameters.id as string, request.caller)),
    },
  ];
  // Documents are the deployment's, nobody's own.
  return routes.map((route) => ({ ...route, isForOperators: true }));
}

function storeOf({ parameters }: StudioRequest): string {
  return parameters.store as string;
}

function placeOf(request: StudioRequest): DocumentPlace {
  return { store: storeOf(request), id: request.parameters.id as string };
}
