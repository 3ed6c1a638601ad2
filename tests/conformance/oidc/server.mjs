// An authorization server that we did not write, at Entra's addresses: `oidc-provider`.
//
// It knows one app with a secret, one with a certificate (private_key_jwt, PS256) and a public one for people.
// Argument: a PEM file with the app's certificate. Writes its origin on standard output, listens on 127.0.0.1 until it is ended,
// and tells at /seen what it was asked and answered. The client is host/entra/tests/oidc_provider.rs, which starts it.

import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const certificate = new X509Certificate(readFileSync(process.argv[2]));
const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
const key = { ...certificate.publicKey.export({ format: 'jwk' }), use: 'sig' };

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const scope = `${origin}/.default`;
const base = '/contoso.example/oauth2/v2.0';
const seen = [];

const app = { redirect_uris: [], response_types: [], grant_types: ['client_credentials'], scope };
const provider = new Provider(origin, {
  clients: [
    { ...app, client_id: 'app-with-secret', client_secret: 'CANARY secret of the app+&%', token_endpoint_auth_method: 'client_secret_post' },
    {
      ...app,
      client_id: 'app-with-certificate',
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
  // What RFC 7523 leaves open and Entra demands.
  assertJwtClientAuthClaimsAndHeader: async (_, claims, header) => {
    if (header['x5t#S256'] !== thumbprint) throw new Error('the assertion names another certificate');
    if (claims.aud !== `${origin}${base}/token`) throw new Error('the assertion is for another endpoint');
    if (claims.exp - claims.iat > 600) throw new Error('the assertion lasts too long');
  },
  routes: { token: `${base}/token`, device_authorization: `${base}/devicecode`, authorization: `${base}/authorize` },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    // Access tokens are JWTs for Graph's root, which here is the same origin.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => origin,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope, audience: origin, accessTokenTTL: 3600, accessTokenFormat: 'jwt' }),
    },
  },
  scopes: ['openid', 'offline_access', 'profile', scope],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: { DeviceCode: 600, AccessToken: 3600, ClientCredentials: 3600, RefreshToken: 3600, Interaction: 600, Grant: 3600, Session: 3600 },
  cookies: { keys: ['sample'] },
});
provider.use(async (ctx, next) => {
  if (ctx.path === '/seen') {
    ctx.body = seen;
    return;
  }
  await next();
  if (ctx.path.startsWith(base)) {
    seen.push({ path: ctx.path.slice(base.length), status: ctx.status, asked: ctx.oidc?.body, error: ctx.body?.error, detail: ctx.body?.error_description });
  }
});
const answer = provider.callback();
server.on('request', (request, response) => {
  // Entra lets a person choose the account, and gives a refresh token for `offline_access` alone. Here the prompt is called otherwise.
  request.url = request.url.replace('prompt=select_account', 'prompt=consent');
  answer(request, response);
});
console.log(JSON.stringify({ origin }));
