/**
 * The pages of a federation, for its members and for those who run the hub. They read what {@linkcode MembersSource}
 * and {@linkcode HubSource} offer, and nothing else; who makes them decides what that is.
 *
 * @module
 */

export { type DashboardOptions, makeDashboard } from "./app.tsx";
export type { Door, HubMember, HubOperator, HubSource, HubStatus, MembersSource } from "./sources.ts";
