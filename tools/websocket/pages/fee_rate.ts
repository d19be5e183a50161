// The browser gets that module itself under this name, see assets.ts.
export { feeRateSatPerVbyte } from "../../../proto/fee_rate.ts";
