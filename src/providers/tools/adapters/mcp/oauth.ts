/**
 * OAuth without a browser (TOOL-44): client credentials, or a refresh token that somebody obtained elsewhere. The SDK does the
 * protocol (discovery, the token request, again after a 401); here is what it asks for.
 *
 * Owns: the tokens of one server. A refresh token that the authorization server replaced is kept in a file, as the old one is void.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthClientInformationMixed, OAuthClientMetadata, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { AppError } from '../../../../base/errors.js';
import { canonicalJson, isJsonObject, sha256Hex } from '../../../../base/json.js';
import type { McpOAuthSettings } from '../../../../config/settings.js';

export interface OAuthOptions {
  /** Key in `tools`. */
  readonly name: string;
  readonly oauth: McpOAuthSettings;
  /** Folder for replaced refresh tokens; made when there is something to keep. */
  readonly directory: string;
}

export class OAuthCredentials implements OAuthClientProvider {
  readonly #options: OAuthOptions;
  #tokens: OAuthTokens | undefined;

  constructor(options: OAuthOptions) {
    this.#options = options;
  }

  /** None: there is nobody to be sent anywhere. */
  get redirectUrl(): undefined {
    return undefined;
  }

  get clientMetadata(): OAuthClientMetadata {
    const { oauth } = this.#options;
    return {
      client_name: 'Hector',
      redirect_uris: [],
      grant_types: [oauth.refreshToken === '' ? 'client_credentials' : 'refresh_token'],
      token_endpoint_auth_method: oauth.clientSecret === '' ? 'none' : 'client_secret_basic',
      ...(oauth.scope === '' ? {} : { scope: oauth.scope }),
    };
  }

  clientInformation(): OAuthClientInformationMixed {
    const { clientId, clientSecret, issuer } = this.#options.oauth;
    return {
      client_id: clientId,
      ...(clientSecret === '' ? {} : { client_secret: clientSecret }),
      ...(issuer === '' ? {} : { issuer }),
    } as OAuthClientInformationMixed;
  }

  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }

  async saveTokens(tokens: OAuthTokens): Promise<void> {
    const { oauth } = this.#options;
    this.#tokens = tokens;
    const { refresh_token: replaced } = tokens;
    if (oauth.refreshToken === '' || replaced === undefined || replaced === (await this.#findRefreshToken())) return;
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    const next = `${this.#file()}.${process.pid}`;
    await writeFile(next, JSON.stringify({ refresh_token: replaced }), { mode: 0o600 });
    await rename(next, this.#file());
  }

  async prepareTokenRequest(scope?: string): Promise<URLSearchParams> {
    const { oauth } = this.#options;
    const wanted = oauth.scope === '' ? scope : oauth.scope;
    const parameters = new URLSearchParams(
      oauth.refreshToken === ''
        ? { grant_type: 'client_credentials' }
        : { grant_type: 'refresh_token', refresh_token: await this.#findRefreshToken() },
    );
    if (wanted !== undefined) parameters.set('scope', wanted);
    return parameters;
  }

  invalidateCredentials(scope: string): void {
    if (scope === 'all' || scope === 'tokens') this.#tokens = undefined;
  }

  redirectToAuthorization(): void {
    throw new AppError('MCP_UNAUTHORIZED', { message: describeLogin(this.#options.name) });
  }

  saveCodeVerifier(): void {
    this.redirectToAuthorization();
  }

  codeVerifier(): string {
    throw new AppError('MCP_UNAUTHORIZED', { message: describeLogin(this.#options.name) });
  }

  async #findRefreshToken(): Promise<string> {
    try {
      const kept = JSON.parse(await readFile(this.#file(), 'utf8')) as unknown;
      if (isJsonObject(kept) && typeof kept['refresh_token'] === 'string') return kept['refresh_token'];
    } catch (error) {
      // The configured one was never replaced.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    }
    return this.#options.oauth.refreshToken;
  }

  /** Another token in the configuration is another file: it is newer than what was kept for the old one. */
  #file(): string {
    const { name, oauth, directory } = this.#options;
    return path.join(directory, `${name}-${sha256Hex(canonicalJson([oauth.clientId, oauth.refreshToken])).slice(0, 16)}.json`);
  }
}

/** What to configure where a login is wanted. */
export function describeLogin(name: string): string {
  return `the server wants a login, and nobody sits at a browser here: set tools.${name}.headers.Authorization, or tools.${name}.oauth with client_id and client_secret (client credentials), or with client_id and the refresh_token of a login that was made elsewhere`;
}
