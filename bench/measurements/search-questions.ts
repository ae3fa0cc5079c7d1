/** Questions over the documents of this repository, as people ask, each with the words that only a passage with the answer has. */
export interface LabelledQuestion {
  readonly question: string;
  /** Path of the document. */
  readonly document: string;
  /** Stands in the passages that answer; white space counts as one space. */
  readonly answer: string;
}

const DOCS = 'config/quickstart/docs';

export const QUESTIONS: readonly LabelledQuestion[] = [
  {
    question: 'Do I get my money back when the boat cannot leave because of a storm?',
    document: `${DOCS}/refunds.md`,
    answer: 'full refund of 100 %',
  },
  {
    question: 'How late must the ferry be before half of the price is returned?',
    document: `${DOCS}/refunds.md`,
    answer: 'more than 45 minutes gives back half',
  },
  { question: 'Can I give back my ticket the day before?', document: `${DOCS}/refunds.md`, answer: 'Until 24 hours before departure' },
  { question: 'where do I find life vests for kids', document: `${DOCS}/safety.md`, answer: "children's jackets in the yellow lockers" },
  { question: 'maximum number of passengers of the Heron', document: `${DOCS}/safety.md`, answer: 'the *Heron* 48' },
  { question: 'At what wind speed does the Marigold stay in port?', document: `${DOCS}/safety.md`, answer: 'mean wind passes 38 knots' },
  {
    question: 'What should I do if somebody falls into the water?',
    document: `${DOCS}/safety.md`,
    answer: 'never lose sight of the person',
  },
  { question: 'there is smoke from the batteries', document: `${DOCS}/safety.md`, answer: 'release the water mist' },
  { question: 'last boat on Sunday from Harrow Quay', document: `${DOCS}/timetable.md`, answer: 'leaves Harrow Quay at 19:20' },
  { question: 'How long does it take to get to Port Ellery?', document: `${DOCS}/timetable.md`, answer: 'The crossing takes 50 minutes' },
  {
    question: 'Is there a ferry to Port Ellery on winter Tuesdays?',
    document: `${DOCS}/timetable.md`,
    answer: 'no service to Port Ellery on Tuesdays',
  },
  {
    question: 'How often are the batteries checked?',
    document: `${DOCS}/battery-maintenance.md`,
    answer: 'inspected every 250 operating hours',
  },
  { question: 'cleaning the solar panels', document: `${DOCS}/battery-maintenance.md`, answer: 'rinsed with fresh water' },
  { question: 'What happens to worn out battery banks?', document: `${DOCS}/battery-maintenance.md`, answer: 'goes ashore' },
  { question: 'hearing aid on board', document: `${DOCS}/accessibility.md`, answer: 'induction loop' },
  { question: 'number of places for wheelchairs', document: `${DOCS}/accessibility.md`, answer: 'four wheelchair places' },
  { question: 'I left my keys on the ferry, who has them?', document: `${DOCS}/lost-property.md`, answer: 'reported to the police' },
  { question: 'hector_fenced_commits_total', document: 'config/operating.md', answer: 'commits refused because the run was taken over' },
  { question: 'What happens after SIGTERM?', document: 'config/operating.md', answer: 'everything is served, but readiness answers 503' },
  { question: 'readiness reports that Redis refuses writes', document: 'config/operating.md', answer: 'it answers and takes nothing' },
  { question: 'drain_delay_ms', document: 'config/operating.md', answer: 'longer than a load balancer needs' },
  {
    question: 'Is a commit on disk when it is reported, and how is SQLite flushed?',
    document: 'src/storage/README.md',
    answer: 'flushed on a thread of libuv',
  },
  {
    question: 'may several processes write the same SQLite database file?',
    document: 'src/storage/README.md',
    answer: 'Any number of processes may write it',
  },
  {
    question: 'what happens when the database server stops answering statements',
    document: 'src/storage/README.md',
    answer: 'query_timeout_ms` fails as',
  },
  { question: 'a step that kills its process again and again', document: 'src/storage/README.md', answer: 'The take after the tenth' },
  { question: 'keeping sessions in another database than tasks', document: 'src/storage/README.md', answer: 'moves them afterwards' },
  { question: 'how does the embedder react to 429', document: 'src/providers/embedders/README.md', answer: '429 is a pause for everybody' },
  {
    question: 'Which environment variable has the key for Cohere?',
    document: 'src/providers/embedders/README.md',
    answer: 'COHERE_API_KEY',
  },
  { question: 'encoding_format', document: 'src/providers/embedders/README.md', answer: '`encoding_format`' },
  { question: 'What does an anonymous caller see of earlier sessions?', document: 'src/access/README.md', answer: 'cannot be told apart' },
  { question: 'how are API keys of the configuration file compared', document: 'src/access/README.md', answer: 'in constant time' },
  { question: 'WWW-Authenticate invalid_token', document: 'src/access/README.md', answer: 'error="invalid_token"' },
  { question: 'identity provider is down, do tokens still work?', document: 'src/access/README.md', answer: 'hold for `keys_max_age`' },
  {
    question: 'Does a vector search wait while the graph is being built?',
    document: 'src/providers/vector-stores/README.md',
    answer: 'never waits for building',
  },
  { question: 'corrupted index file on disk', document: 'src/providers/vector-stores/README.md', answer: 'does not fit its checksum' },
  {
    question: 'quantised usearch f16 i8 accuracy',
    document: 'src/providers/vector-stores/README.md',
    answer: 'four times as many candidates',
  },
  { question: 'Which shell programs are always forbidden?', document: 'src/providers/tools/README.md', answer: 'Denied always: rm' },
  {
    question: 'Can the web tools reach addresses inside the company network?',
    document: 'src/providers/tools/README.md',
    answer: '`allow_private` of a tool',
  },
  { question: 'undo_edit after a restart', document: 'src/providers/tools/README.md', answer: '.hector/undo' },
  { question: 'reading scanned PDFs with Docling', document: 'src/knowledge/README.md', answer: 'document_key` (Docling)' },
  { question: 'limits against zip bombs and huge documents', document: 'src/knowledge/README.md', answer: '256 MiB unpacked' },
  {
    question: 'which languages and formats of code are understood when cutting',
    document: 'src/knowledge/README.md',
    answer: 'in 20 languages',
  },
];
