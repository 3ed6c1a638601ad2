// An authorization server that we did not write, with Entra's addresses: `oidc-provider`.
//
// It knows one app with a secret, one with a key (private_key_jwt, PS256), and one public one for people.
// A person's visits to its pages are made by the checks themselves: see `visit` in host/entra/tests/oidc_provider.rs.
// Arguments: a file with the app's public key (a JWK). Writes its address on standard output.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const tenant = 'contoso.example';
const key = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const scope = `${origin}/.default`;
const base = `/${tenant}/oauth2/v2.0`;

const app = { redirect_uris: [], response_types: [], grant_types: ['client_credentials'], scope };
const provider = new Provider(origin, {
  clients: [
    { ...app, client_id: 'app-with-secret', client_secret: 'CANARY-secret-of-the-app', token_endpoint_auth_method: 'client_secret_post' },
    {
      ...app,
      client_id: 'app-with-key',
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      jwks: { keys: [key] },
    },
    {
      client_id: 'people',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://localhost'],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    },
  ],
  enabledJWA: { clientAuthSigningAlgValues: ['PS256'] },
  // Entra's addresses.
  routes: { token: `${base}/token`, device_authorization: `${base}/devicecode`, authorization: `${base}/authorize` },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true, mask: '****-****' },
    // The app's permissions for Graph, as JWTs whose audience is Graph's root.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => origin,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope, audience: origin, accessTokenTTL: 3600, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    },
  },
  scopes: ['openid', 'offline_access', 'profile', scope],
  // Entra takes `offline_access` without `prompt=consent`.
  issueRefreshToken: async (_, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  rotateRefreshToken: true,
  pkce: { required: () => true },
  assertJwtClientAuthClaimsAndHeader: async (_, claims, header) => {
    if (claims.exp - claims.iat > 600) throw new Error('the assertion lasts too long');
    if (!header['x5t#S256']) throw new Error('the assertion names no certificate');
  },
  ttl: { DeviceCode: 600, AccessToken: 3600, ClientCredentials: 3600, Interaction: 600, Grant: 3600, Session: 3600 },
  cookies: { keys: ['sample'] },
});
provider.use(async (ctx, next) => {
  // What was asked, for the checks; nothing else has it.
  if (ctx.path === '/seen') {
    ctx.body = seen;
    return;
  }
  await next();
  if (ctx.path.startsWith(base)) seen.push({ path: ctx.path, status: ctx.status, body: ctx.oidc?.body?.grant_type, error: ctx.body?.error });
});
const seen = [];
server.on('request', provider.callback());
console.log(JSON.stringify({ origin }));
