import { createServer } from 'node:http';

/** Addresses that lie inside: this machine, its network, a cloud's metadata, and names that lead there. */
export const innerAddresses = [
  'http://127.0.0.1/x',
  'http://localhost/x',
  'http://[::1]/x',
  'http://[::ffff:127.0.0.1]/x',
  'http://10.0.0.5/x',
  'http://192.168.1.1/x',
  'http://169.254.169.254/latest/meta-data',
  'http://metadata.google.internal/x',
  'http://2130706433/x',
  'https://127.0.0.1.nip.io/x',
  'file:///etc/passwd',
];

/** A server that is no platform's, and whether anybody came. */
export async function openStranger() {
  const requests: { readonly authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({ authorization: request.headers.authorization });
    response.end('secret of the inside');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}/meta-data`, requests, close: () => server.close() };
}
