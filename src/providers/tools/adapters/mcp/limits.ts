/** What a server may put upon us; what is beyond is refused or left out, and said so. */

/** Of one message, and of one line of a stream. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Pages of one list. */
export const MAX_PAGES = 100;
/** Tools, resources or prompts of one server. */
export const MAX_ENTRIES = 1_000;
/** Names, descriptions and schemas of one list together, as JSON. */
export const MAX_LIST_BYTES = 4 * 1024 * 1024;
/** Of a tool's or argument's description, characters. */
export const MAX_DESCRIPTION = 8_192;
/** Of one tool's schema, as JSON. */
export const MAX_SCHEMA_BYTES = 128 * 1024;
export const MAX_SCHEMA_DEPTH = 40;
/** What model providers accept. */
export const MAX_NAME = 64;
