/**
 * Every metric there is: name without its prefix, kind, labels, what it says (OBS-10…18). Whoever counts names one of these, and the compiler
 * sees to it that name and labels exist; `README.md` shows the table, and a gate compares it, the dashboards and the alert rules with this one.
 *
 * A label's values come from the configuration or from a fixed list. What a client can choose is never one.
 */
const AGENT_SECONDS = { start: 0.01, factor: 2, count: 15 };
const LLM_SECONDS = { start: 0.1, factor: 2, count: 12 };
const TOOL_SECONDS = { start: 0.001, factor: 2, count: 15 };
const MEMORY_SECONDS = { start: 0.001, factor: 2, count: 12 };
const SIZE_BYTES = { start: 100, factor: 10, count: 7 };
const INDEX_SECONDS = { start: 0.01, factor: 2, count: 12 };
const SEARCH_SECONDS = { start: 0.001, factor: 2, count: 12 };
const RESULTS = { start: 1, factor: 2, count: 8 };

export const METRICS = {
  requests_total: counter('Messages accepted for an agent.', 'agent'),
  agent_requests_total: counter('Runs that ended or wait for somebody.', 'agent', 'status'),
  agent_request_duration_seconds: histogram('From the message to the end of its run, or to its question.', AGENT_SECONDS, 'agent'),
  agent_errors_total: counter('Runs that failed.', 'agent', 'error_type'),
  agent_active_runs: gauge('Runs that this process works on.', 'agent'),
  step_duration_seconds: histogram('One step of a run, with its commit.', AGENT_SECONDS, 'agent'),
  errors_total: counter('Failures of ours and of what we use, wherever they happen.', 'component', 'error_type'),

  llm_requests_total: counter('Calls to language models, whatever came of them.', 'agent', 'provider', 'model'),
  llm_request_duration_seconds: histogram('From the call to the end of its answer.', LLM_SECONDS, 'agent', 'provider', 'model'),
  llm_first_token_seconds: histogram('From the call to the first piece of its answer.', AGENT_SECONDS, 'agent', 'provider', 'model'),
  llm_tokens_total: counter('Tokens, as the provider counts them.', 'agent', 'type'),
  llm_cached_tokens_total: counter("Of the prompt tokens: read from the provider's cache.", 'agent'),
  llm_cost_total: counter('What calls cost, in the currency of llms.<name>.price.', 'agent', 'provider', 'model'),
  llm_errors_total: counter('Calls that failed after their own tries.', 'agent', 'provider', 'model', 'error_type'),

  tool_calls_total: counter('Tool calls that ran.', 'agent', 'tool', 'status'),
  tool_call_duration_seconds: histogram('One tool call.', TOOL_SECONDS, 'agent', 'tool'),
  tool_errors_total: counter('Tool calls that failed.', 'agent', 'tool', 'error_type'),
  guardrail_violations_total: counter('What guardrails found, by what followed.', 'agent', 'guardrail', 'rule', 'action'),

  session_created_total: counter('Sessions begun.', 'agent'),
  session_active: gauge('Sessions with a run that has not ended, of the whole deployment.', 'agent'),
  session_events_total: counter('Events committed to run logs.', 'agent', 'event_type'),

  memory_searches_total: counter('Searches in what was said in sessions.', 'index_type'),
  memory_search_duration_seconds: histogram('One such search.', MEMORY_SECONDS, 'index_type'),
  memory_indexed_total: counter('Messages looked at for the index of sessions.', 'index_type'),

  http_requests_total: counter('Answers over HTTP; path is the pattern of the route.', 'method', 'path', 'status'),
  http_request_duration_seconds: histogram('From a request to the head of its answer.', TOOL_SECONDS, 'method', 'path'),
  http_request_size_bytes: histogram('Bodies of requests.', SIZE_BYTES, 'method', 'path'),
  http_response_size_bytes: histogram('Bodies of answers that are no streams.', SIZE_BYTES, 'method', 'path'),
  grpc_requests_total: counter('Answers over gRPC.', 'method', 'code'),
  grpc_request_duration_seconds: histogram('One gRPC call; of streams the opening.', TOOL_SECONDS, 'method'),

  rag_documents_indexed_total: counter('Documents indexed anew.', 'store_name'),
  rag_documents_skipped_total: counter('Documents that had not changed.', 'store_name'),
  rag_documents_errors_total: counter('Documents that could not be indexed.', 'store_name', 'stage'),
  rag_documents_removed_total: counter('Documents that are gone from their source.', 'store_name'),
  rag_chunks_indexed_total: counter('Chunks of documents indexed anew.', 'store_name'),
  rag_batch_duration_seconds: histogram('One batch of documents, from its take to its last commit.', INDEX_SECONDS, 'store_name'),
  rag_index_duration_seconds: histogram('One run over a document store.', INDEX_SECONDS, 'store_name', 'state'),
  rag_searches_total: counter('Searches in a document store.', 'store_name'),
  rag_search_duration_seconds: histogram('One search, of all the stores that it asks.', SEARCH_SECONDS, 'store_name'),
  rag_search_results_count: histogram('Passages that a search found in a store.', RESULTS, 'store_name'),
  rag_index_vectors: gauge('Vectors that this process can search.', 'store_name'),
  rag_index_behind: gauge('Changes that its index has not followed yet.', 'store_name'),

  rate_limited_total: counter(
    'Requests refused by a limit of their caller; type runs is rate_limiting.max_active_runs; login and management are limits of an address.',
    'type',
    'window',
    'scope',
  ),
  rate_limit_outages_total: counter('Requests whose limits could not be counted together with other processes.', 'mode'),

  db_connections_open: gauge('Connections to a database.', 'database'),
  db_connections_idle: gauge('Of those, the ones that nobody uses.', 'database'),
  db_query_duration_seconds: histogram('A read, or a whole write transaction with its tries.', TOOL_SECONDS, 'database', 'operation'),
  db_errors_total: counter('Reads and writes that failed.', 'database', 'error_type'),

  queue_waiting: gauge('Step jobs that wait for a worker.'),
  queue_oldest_waiting_seconds: gauge('How long the step job that is taken next waits already.'),
  queue_last_progress_seconds: gauge('How long ago any worker took or finished a step job, or had its hands full.'),
  runs_oldest_unclaimed_seconds: gauge('How long the oldest runnable run that no worker has waits, as SQL knows it.'),
  takeovers_total: counter('Runs that this process took over from a worker that died.'),
  fenced_commits_total: counter('Commits of this process refused because the run was taken over or canceled meanwhile.'),
  runs_held_total: counter('Runs that this process held for a person after their worker died.'),
  runs_expired_total: counter('Waiting or held runs that this process ended because their time was over.'),
  push_deliveries_total: counter('Deliveries to webhooks.', 'status'),
  push_delivery_duration_seconds: histogram('One delivery.', TOOL_SECONDS),

  thread_pool_threads: gauge('Worker threads.', 'pool'),
  thread_pool_waiting: gauge('Work that waits for a thread.', 'pool'),
  thread_pool_utilization: gauge('Part of the time that its threads worked, 0 to 1.', 'pool'),
  event_loop_lag_seconds: gauge('How late timers came since the last reading.', 'quantile'),
  event_loop_utilization: gauge('Part of the time since the last reading that the event loop was busy, 0 to 1.'),
  process_cpu_seconds_total: counter('CPU time of this process.'),
  process_resident_memory_bytes: gauge('Memory of this process.'),
  process_heap_used_bytes: gauge('Heap in use.'),
  process_start_time_seconds: gauge('When this process began, since the epoch.'),
  trace_spans_exported_total: counter('Spans that the collector took.'),
  trace_spans_dropped_total: counter('Spans that nobody got.', 'reason'),
  config_reloads_total: counter('Changed configurations that this process took up, or refused.', 'outcome'),
  config_refused: gauge('1 while what the configuration says now is refused, and an earlier one runs.'),
  build_info: gauge('Always 1.', 'version'),
} as const;

export type Catalog = typeof METRICS;
export type MetricName = keyof Catalog;
type Named<Kind> = { [Name in MetricName]: Catalog[Name]['kind'] extends Kind ? Name : never }[MetricName];
export type CounterName = Named<'counter'>;
export type GaugeName = Named<'gauge'>;
export type HistogramName = Named<'histogram'>;
export type LabelsOf<Name extends MetricName> = Readonly<Record<Catalog[Name]['labels'][number], string>>;

export interface Buckets {
  readonly start: number;
  readonly factor: number;
  readonly count: number;
}

function counter<const Labels extends readonly string[]>(help: string, ...labels: Labels) {
  return { kind: 'counter', help, labels } as const;
}

function gauge<const Labels extends readonly string[]>(help: string, ...labels: Labels) {
  return { kind: 'gauge', help, labels } as const;
}

function histogram<const Labels extends readonly string[]>(help: string, buckets: Buckets, ...labels: Labels) {
  return { kind: 'histogram', help, labels, buckets } as const;
}
