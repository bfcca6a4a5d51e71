import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { countOf, operationCounts } from '../../lib/cost/counts.ts';
import { estimate } from '../../lib/cost/estimate.ts';
import { lineBytes, type Footprint } from '../../lib/cost/footprint.ts';
import { assumptions, operationsOf, timesOf } from '../../lib/cost/operations.ts';
import { estimatePictures, pictureAssumptions } from '../../lib/cost/pictures.ts';
import { millionPushes } from '../../lib/cost/push-cost.ts';
import { prices } from '../../lib/cost/prices-2026-11.ts';
import { allRoutes, deploymentJobs } from '../../functions/contract/table.ts';
import { metricUnits } from '../../functions/platform/metric-names.ts';

const footprint: Footprint = {
  memoryMb: new Map(allRoutes.map(({ id }) => [id, 512])),
  natGateways: 2,
  minAcus: 1,
  databaseInstances: 2,
  proxies: 1,
  secrets: 3,
  accessLogBytes: { http: 500, websocket: 400 },
  keys: 1,
  alarmMetrics: 50,
  bucketMetrics: 1,
  dashboards: 1,
  schedulesPerMonth: 43_200,
  traced: true,
};
const load = { users: 1000, messagesPerUser: 10, groupSize: 10 };

const close = (actual: number | undefined, expected: number): void =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 0.005, `${actual} is not ${expected}`);

const lineOf = (service: string, of: string, changed: Partial<typeof load> = {}, made = footprint) =>
  estimate({ ...load, ...changed }, made, 'M30', prices, assumptions).lines.find(
    (line) => line.service === service && line.of.startsWith(of),
  );

suite('what a month costs', () => {
  test('a send costs two frames and one for each member that can be reached', () => {
    const { send } = operationsOf(load, assumptions);
    assert.deepEqual(
      [send.socketMessages, send.posts, send.mysqlCalls, send.mongodbCalls, send.reads, send.writes],
      [7, 6, 1, 1, 10, 2],
    );
  });

  test('a million pictures cost what comes in, what goes out, and what stays', () => {
    const { lines, once, perMonth } = estimatePictures(1e6, footprint, prices, pictureAssumptions);
    assert.deepEqual(
      lines.map(({ service, of, dollars }) => [service, of, Number(dollars.toFixed(2))]),
      [
        ['API Gateway', '2 requests each: begin, complete', 2],
        // Of 512 MB each here: 1.175 s of them.
        ['Lambda', 'checking and decoding', 7.5],
        ['S3', '4.5 writes each', 22.5],
        ['S3', '4.5 reads each, 4 of CloudFront', 3.4],
        ['CloudFront', '12 views each', 12],
        ['CloudFront', '6,360 GB out', 540.6],
      ],
    );
    close(once, 588);
    close(perMonth, 46.92);
  });

  test('every route is counted, and every schedule', () => {
    const counted = new Set(Object.keys(operationCounts).map((key) => key.replace(/,.*/, '')));
    const served = allRoutes.filter((route) => !deploymentJobs.some((job) => job === route));
    assert.deepEqual([...counted].toSorted(), served.map(({ id }) => id).toSorted());
  });

  test('a group costs what a run always takes, and what each of its members adds', () => {
    assert.equal(countOf('receive-message', 'posts', 10), 11);
    assert.equal(countOf('receive-typing', 'posts', 10), 9);
    assert.equal(countOf('ping', 'mysql', 10), 0);
    assert.throws(() => countOf('unheard-of', 'mysql', 10), /was not counted/);
  });

  test('how often things happen follows from users, messages and the size of groups', () => {
    assert.deepEqual(timesOf(load, assumptions), {
      send: 300_000,
      typing: 300_000,
      read: 450_000,
      open: 540_000,
      heartbeat: 11_400_000,
      recheck: 1_200_000,
      logIn: 3000,
    });
  });

  test('frames and connections', () => {
    // send 300,000 × 7, typing 300,000 × 5, read 450,000 × 6, heartbeats 11,400,000 × 2, at a dollar a million.
    close(lineOf('API Gateway', 'frames')?.byUse, 2.1 + 1.5 + 2.7 + 22.8);
    // 1,000 users, 30 days, 8 hours, at a quarter of a dollar for a million minutes.
    close(lineOf('API Gateway', 'open')?.byUse, 14.4 * 0.25);
    close(lineOf('API Gateway', 'HTTP')?.byUse, 2.16 + 1.2 + 0.003);
  });

  test('what runs by the hour is paid without anybody using it', () => {
    close(lineOf('Aurora', 'capacity')?.fixed, 2 * 0.12 * 730);
    close(lineOf('Aurora', 'capacity')?.byUse, 0);
    // The proxy is paid for eight capacity units at least.
    close(lineOf('RDS Proxy', '')?.fixed, 8 * 0.015 * 730);
    close(lineOf('MongoDB Atlas', 'M30')?.fixed, 0.54 * 730);
    close(lineOf('KMS', 'keys')?.fixed, 1);
    close(lineOf('Network', 'NAT')?.fixed, 2 * 0.05 * 730);
    // The service’s own metrics, and those of a bucket’s requests.
    close(lineOf('CloudWatch', '')?.fixed, 5 + 3 + 12 * 0.3 + 16 * 0.3);
  });

  test('logs have a line of the function for each run, and one of API Gateway for each request, frame and handshake', () => {
    const http = 2 * 540_000 + 540_000 * 2 + 1_200_000 + 3000;
    // A frame each, and of each opening the handshake and the end.
    const socket = 300_000 + 300_000 + 450_000 + 2 * 540_000 + 11_400_000;
    const authorized = 540_000;
    const bytes =
      (http + socket + authorized) * assumptions.logBytesPerInvocation + http * 500 + socket * 400;
    close(lineOf('CloudWatch', '')?.byUse, (bytes / 1e9) * 0.53);
    assert.equal(lineBytes('{"status":"$context.status"}'), '{"status":"200"}\n'.length);
    assert.throws(() => lineBytes('$context.unheardOf'), /no sample value of \$context\.unheardOf/);
  });

  test('the metrics that are paid for are those that there are', () => {
    assert.equal(Object.keys(metricUnits).length, 12);
  });

  test('Aurora grows when there are more calls than its least capacity takes', () => {
    const many = lineOf('Aurora', 'capacity', { users: 1_000_000 });
    assert.ok(many !== undefined && many.byUse > many.fixed);
  });

  test('a cluster that pauses is paid for as long as jobs keep it awake', () => {
    const paused = (pausing: NonNullable<Footprint['pausing']>) =>
      lineOf('Aurora', 'capacity', {}, { ...footprint, minAcus: 0, databaseInstances: 1, pausing });
    // Twelve minutes of each hour of a month of 30 days, half a capacity unit.
    const hourly = paused({ pausesAfterMinutes: 10, wakesPerMonth: 720 });
    close(hourly?.fixed, 720 * 0.2 * 0.5 * 0.12);
    // While users are online, 240 of 730 hours, it is awake; jobs matter in the others.
    const restAcus = (0.5 * 720 * 0.2) / 730;
    const acus = (0.5 * 240 + restAcus * 490) / 730;
    close(hourly?.byUse, (acus - restAcus) * 0.12 * 730);
    // A job by the minute lets it never pause.
    close(paused({ pausesAfterMinutes: 10, wakesPerMonth: 43_200 })?.fixed, 730 * 0.5 * 0.12);
    close(paused({ pausesAfterMinutes: 10, wakesPerMonth: 0 })?.fixed, 0);
  });

  test('Lambda is paid by requests, and by time and memory', () => {
    const small = lineOf('Lambda', '')?.byUse ?? 0;
    const requests = (300_000 + 300_000 + 450_000 + 7 * 540_000 + 11_400_000 + 1_200_000 + 3000) / 1e6;
    const seconds =
      300 * 60 +
      300 * 30 +
      450 * 35 +
      540 * (25 + 20 + 20 + 20 + 40 + 40 + 30) +
      11_400 * 15 +
      1200 * 40 +
      3 * 300;
    close(small, requests * 0.2 + seconds * 0.5 * 0.000_013_333_4);
    const twice = new Map(allRoutes.map(({ id }) => [id, 1024]));
    const large = lineOf('Lambda', '', {}, { ...footprint, memoryMb: twice })?.byUse ?? 0;
    close(large - small, seconds * 0.5 * 0.000_013_333_4);
  });

  test('traces are paid where they are made', () => {
    const invocations = (300_000 + 300_000 + 450_000 + 7 * 540_000 + 11_400_000 + 1_200_000 + 3000) / 1e6;
    close(lineOf('X-Ray', '')?.byUse, invocations * 0.05 * 5);
    close(lineOf('X-Ray', '', {}, { ...footprint, traced: false })?.byUse, 0);
  });

  test('the sum is the sum of its lines, and so is the price of a million messages', () => {
    const result = estimate(load, footprint, 'M10', prices, assumptions);
    close(
      result.total,
      result.lines.reduce((sum, { fixed, byUse }) => sum + fixed + byUse, 0),
    );
    close(result.perMillion, result.total / 0.3);
    close(result.nextMillion, result.byUse / 0.3);
  });

  test('every function that an operation runs is one that there is', () => {
    const ids = new Set(allRoutes.map(({ id }) => id));
    for (const { functions } of Object.values(operationsOf(load, assumptions))) {
      for (const id of functions) assert.ok(ids.has(id), id);
    }
  });
});

test('a million pushes cost less than three dollars, and on a quiet stage twice that', () => {
  const [busy, quiet] = [millionPushes(prices, 10), millionPushes(prices, 1)];
  assert.ok(busy > 1.5 && busy < 3, String(busy));
  assert.ok(quiet > busy && quiet < 2 * busy + 1, String(quiet));
  assert.ok(busy > 2 * prices.dynamodb.perMillionWrites, 'each is claimed and noted');
});
