import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/ports/clock.ts';
import { pollUntil } from '../support/poll-until.ts';
import { createRecordingChannel, type Sent } from '../support/recording-channel.ts';
import { addressOf, createScaledClock, createWorld, messageFrom, openTemporaryStore } from '../support/world.ts';

type Place = 'here' | 'later' | 'elsewhere';

describe('messages of an account whose session one process holds', () => {
  let temporary: Awaited<ReturnType<typeof openTemporaryStore>>;
  const closing: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    temporary = await openTemporaryStore();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await temporary.store.close();
    await temporary.remove();
  });

  async function startWorker(sent: Sent[], placeToSend: () => Place, clock?: Clock) {
    const channel = { ...createRecordingChannel({ sent }), placeToSend };
    const world = await createWorld({
      ...{ store: temporary.store, adapters: [channel], isSoleWorker: false },
      ...(clock && { clock }),
    });
    await world.runtime.startWorker();
    closing.push(() => world.runtime.close());
    return world;
  }

  it('are left to that process by all others', async () => {
    const [here, elsewhere]: [Sent[], Sent[]] = [[], []];
    const other = await startWorker(elsewhere, () => 'elsewhere');
    await other.runtime.intake.accept([messageFrom('p1', 'a1', 'hello')]);
    await startWorker(here, () => 'here');
    await pollUntil('the holder answered', () => here.length > 0);
    expect(elsewhere).toEqual([]);
  });

  it('wait without a try being counted while the session cannot send, and go when it can', async () => {
    const sent: Sent[] = [];
    let asked = 0;
    let place: Place = 'later';
    // A minute passes in 0.6 s.
    const clock = createScaledClock(100);
    const { runtime, repositories } = await startWorker(sent, () => ((asked += 1), place), clock);
    await runtime.intake.accept([messageFrom('p1', 'a1', 'hello')]);
    const id = repositories.ids.conversation(addressOf('p1'));
    for (const looks of [1, 2, 3]) {
      await pollUntil('the lane was looked at again', () => asked > looks);
    }
    const [head] = await repositories.messages.lane(id, 1);
    expect(head).toMatchObject({ status: 'queued', attempts: 0, failure: 'session-not-here' });
    expect(sent).toEqual([]);
    place = 'here';
    await pollUntil('it was sent', () => sent.length > 0);
  });
});
