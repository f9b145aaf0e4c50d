import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { innerAddresses, openStranger } from '../../support/stranger.ts';
import { failureOf } from '../../support/recorders.ts';
import { openWorld, person, type World } from './set-up.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld({ maxMediaBytes: 100_000 });
});
afterEach(() => world.close());

const photo = { bytes: Buffer.alloc(90_000, 'p'), fileName: 'p.jpg', mimeType: 'image/jpeg' };

async function open(fileId: string, signal = AbortSignal.timeout(5_000)): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await world.adapter.openMedia({ fileId }, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a file a person sent', () => {
  it('is asked for and then fetched, with the token both times', async () => {
    await world.cloud.userSendsFile(person, 'image', photo);
    const [message] = world.intake.messages;
    if (message?.content.type !== 'media') throw new Error('expected a file');
    const bytes = await open(message.content.media.fileId);
    expect(bytes.equals(photo.bytes)).toBe(true);
    const [describing] = world.cloud.callsOf('describe');
    expect(describing?.path).toBe(
      `/v24.0/${message.content.media.fileId}?phone_number_id=${world.cloud.phoneNumberId}`,
    );
    expect(world.cloud.callsOf('download')).toHaveLength(1);
  });

  it('is refused by its size before anything is downloaded', async () => {
    const id = world.cloud.addMedia({ ...photo, bytes: Buffer.alloc(100_001) });
    expect(await failureOf(open(id))).toEqual({ is: 'final', reason: 'too-large' });
    expect(world.cloud.callsOf('download')).toEqual([]);
  });

  it('is refused when it is larger than was said', async () => {
    const id = world.cloud.addMedia({ ...photo, bytes: Buffer.alloc(100_001), claimedBytes: 10 });
    expect(await failureOf(open(id))).toEqual({ is: 'final', reason: 'too-large' });
  });

  it('is refused when it never ends', async () => {
    const id = world.cloud.addMedia(photo);
    world.cloud.failNext('download', { is: 'endless' });
    expect(await failureOf(open(id))).toEqual({ is: 'final', reason: 'too-large' });
  });

  it('is lost when its id has expired', async () => {
    expect(await failureOf(open('1479537139999999'))).toEqual({ is: 'final', reason: 'media-gone' });
  });

  it('is never asked for by what is no id', async () => {
    for (const id of ['../me', 'x?fields=a', '', 'a'.repeat(200)]) {
      expect(await failureOf(open(id))).toEqual({ is: 'final', reason: 'media-gone' });
    }
    expect(world.cloud.calls).toEqual([]);
  });

  it('is not followed to an address that is not the API itself, and the token does not go there', async () => {
    const stranger = await openStranger();
    const elsewhere = [
      stranger.url,
      ...innerAddresses,
      'https://lookaside.fbsbx.com.evil.example/x',
      'https://user@lookaside.fbsbx.com/x',
      'http://lookaside.fbsbx.com/x',
      'https://lookaside.fbsbx.com:8443/x',
      'no address',
    ];
    for (const url of elsewhere) {
      const id = world.cloud.addMedia({ ...photo, url });
      expect(await failureOf(open(id)), url).toEqual({ is: 'final', reason: 'foreign-address' });
    }
    const id = world.cloud.addMedia(photo);
    for (const to of [stranger.url, ...innerAddresses]) {
      world.cloud.failNext('download', { is: 'redirect', to });
      expect(await failureOf(open(id)), to).toEqual({ is: 'final', reason: 'foreign-address' });
    }
    expect(stranger.requests).toEqual([]);
    stranger.close();
  });

  it.each([
    ['describe', { is: 'error', status: 500, code: 131000 }, 'server-error'],
    ['describe', { is: 'drop-before' }, 'network'],
    ['download', { is: 'error', status: 500, code: 0 }, 'server-error'],
    ['download', { is: 'error', status: 404, code: 0 }, 'media-unavailable'],
    ['download', { is: 'drop-before' }, 'network'],
    ['download', { is: 'drop-after' }, 'network'],
  ] as const)('is fetched again later after a failed %s (%o)', async (method, fault, reason) => {
    const id = world.cloud.addMedia(photo);
    world.cloud.failNext(method, fault);
    expect(await failureOf(open(id))).toMatchObject({ is: 'retryable', reason });
    expect((await open(id)).length).toBe(photo.bytes.length);
  });

  it('waits for the right token', async () => {
    const other = await openWorld({ apiRoot: world.cloud.apiRoot, accessToken: 'wrong' });
    const id = world.cloud.addMedia(photo);
    expect(await failureOf(other.adapter.openMedia({ fileId: id }, AbortSignal.timeout(5_000)))).toMatchObject({
      is: 'retryable',
      reason: 'token-refused',
    });
    await other.close();
  });
});
