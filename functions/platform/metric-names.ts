/** The CloudWatch namespace of the service's own metrics. */
export const METRICS_NAMESPACE = 'ChatService';

/** The service's own metrics and their units. */
export const metricUnits = {
  /** Stored messages; repeated sends do not count. */
  MessagesSent: 'Count',
  /** Events that API Gateway accepted for a connection. */
  Delivered: 'Count',
  /** Events that could not be posted, although the connection may be open. */
  PostFailures: 'Count',
  /** Posts to connections that were gone. */
  GoneConnections: 'Count',
  /** The time from accepting a message to its last delivery on a connection. */
  SendToDeliverMilliseconds: 'Milliseconds',
  /**
   * Frames and handshakes that the service failed to serve: those answered with 500 or 503, as a status or in an `error`
   * frame. API Gateway's own metrics miss error frames, and count rejected handshakes as errors.
   */
  FailedFrames: 'Count',
  /** Pushes that a push service accepted. */
  Pushed: 'Count',
  /** Pushes that a push service rejected for good, for a reason other than the device. */
  PushesRefused: 'Count',
  /** Contents without metadata, removed by a run of `reap-orphans`. */
  Orphans: 'Count',
  /** Connections ended by a run of `reap-connections`. */
  ConnectionsEnded: 'Count',
  /** Open reports. */
  OpenReports: 'Count',
  /** Age of the oldest open report. */
  OldestOpenReportSeconds: 'Seconds',
} as const;

export type MetricName = keyof typeof metricUnits;
