# Waggle for NixOS: each component a service of its own, on a NATS server, as a user that exists while it runs.
#
#   imports = [ /path/to/waggle/deploy/nixos/module.nix ];
#   services.waggle.uplink.enable = true;
#
# README.md has examples.
{ config, lib, pkgs, ... }:

let
  cfg = config.services.waggle;
  components = [
    "ebpf" "rpc" "p2p" "log"
    "alerts" "archive" "connectivity-check" "logger" "metrics" "websocket"
    "hub" "randomness" "uplink"
  ];

  optionsOf = name: {
    enable = lib.mkEnableOption "Waggle's ${name}";
    settings = lib.mkOption {
      type = lib.types.attrsOf lib.types.anything;
      default = { };
      description = ''
        Its options, by the names that they have in a configuration file: --rpc.cookie-file is rpc.settings.cookieFile.
        `deno task ${name} --help` lists them. The service does not start with one that is unknown or wrong.
      '';
    };
    environmentFile = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      example = "/run/secrets/waggle-${name}";
      description = "File of variables for what is secret, such as WAGGLE_RPC_PASSWORD=…; not in the Nix store.";
    };
  };

  enabled = builtins.filter (name: cfg.${name}.enable) components;
  deno = "${cfg.denoPackage}/bin/deno";
  cache = "/var/cache/waggle";
  environment = {
    DENO_DIR = cache;
    DENO_NO_UPDATE_CHECK = "1";
    NO_COLOR = "1";
  };
  socket = "/run/waggle/ebpf.sock";

  # With --cached-only and --frozen nothing is fetched but what deno.lock names, and that by waggle-fetch alone.
  run = "${deno} run --no-prompt --cached-only --frozen";

  # The program gives each component a sandbox with the rights that its options ask for; these are the walls around it.
  commandOf = name: lib.concatStringsSep " " ([
    run
    "--allow-read --allow-net --allow-sys=uid,statfs"
    "--allow-env=HOME,WAGGLE_*,WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE"
    "--allow-write=%S/waggle-${name}${lib.optionalString (name == "ebpf") ",${socket}"}"
    "mod.ts ${name} --config ${configOf name}"
  ]);

  configOf = name:
    let
      defaults = lib.optionalAttrs (name == "ebpf" && cfg.bpftrace.enable) { input = socket; };
      settings = defaults // cfg.${name}.settings;
      common = { inherit (cfg) bus; } // lib.optionalAttrs (cfg.node != [ ]) { inherit (cfg) node; };
    in
    pkgs.writeText "waggle-${name}.json" (builtins.toJSON (common // { ${name} = settings; }));

  hardened = {
    DynamicUser = true;
    CapabilityBoundingSet = "";
    AmbientCapabilities = "";
    DevicePolicy = "closed";
    KeyringMode = "private";
    LockPersonality = true;
    NoNewPrivileges = true;
    PrivateDevices = true;
    PrivateTmp = true;
    PrivateUsers = true;
    ProtectClock = true;
    ProtectControlGroups = true;
    ProtectHome = true;
    ProtectHostname = true;
    ProtectKernelLogs = true;
    ProtectKernelModules = true;
    ProtectKernelTunables = true;
    ProtectProc = "invisible";
    ProcSubset = "pid";
    ProtectSystem = "strict";
    RemoveIPC = true;
    RestrictAddressFamilies = "AF_UNIX AF_INET AF_INET6";
    RestrictNamespaces = true;
    RestrictRealtime = true;
    RestrictSUIDSGID = true;
    SystemCallArchitectures = "native";
    SystemCallErrorNumber = "EPERM";
    SystemCallFilter = [ "@system-service @pkey" "~@privileged @resources" ];
    UMask = "0077";
  };

  serviceOf = name: {
    description = "Waggle ${name}";
    wantedBy = [ "multi-user.target" ];
    wants = [ "waggle-fetch.service" ];
    after = [ "network.target" "nats.service" "waggle-fetch.service" ];
    environment = environment // { HOME = "%S/waggle-${name}"; };
    serviceConfig = hardened // {
      ExecStart = commandOf name;
      WorkingDirectory = "${cfg.source}";
      Restart = "always";
      RestartSec = 5;
      StateDirectory = "waggle-${name}";
      StateDirectoryMode = "0700";
      SupplementaryGroups = cfg.groups ++ lib.optional (name == "ebpf") "waggle";
    } // lib.optionalAttrs (cfg.${name}.environmentFile != null) {
      EnvironmentFile = cfg.${name}.environmentFile;
    };
  };

  # The packages of npm that deno.lock names, with their hashes. Nothing of them runs here.
  fetch = {
    description = "Fetches what Waggle is made of";
    wants = [ "network-online.target" ];
    after = [ "network-online.target" ];
    environment = environment // { HOME = cache; };
    serviceConfig = (builtins.removeAttrs hardened [ "DynamicUser" ]) // {
      Type = "oneshot";
      RemainAfterExit = true;
      User = "waggle";
      Group = "waggle";
      WorkingDirectory = "${cfg.source}";
      CacheDirectory = "waggle";
      CacheDirectoryMode = "0755";
      UMask = "0022";
      ExecStart = "${deno} cache --frozen mod.ts worker.ts extractors/ebpf/script_main.ts";
    };
  };

  # Root, without network, started by the extractor's connection, gone with it.
  bpftrace = {
    description = "bpftrace on the Bitcoin node, for Waggle";
    # A node that was replaced runs another file.
    partOf = lib.optional (cfg.bpftrace.unit != null) cfg.bpftrace.unit;
    environment = environment // { BPFTRACE_PERF_RB_PAGES = "4096"; };
    path = [ cfg.bpftrace.package ];
    serviceConfig = {
      WorkingDirectory = "${cfg.source}";
      ExecStartPre = "${pkgs.runtimeShell} -c 'exec ${run} --allow-read extractors/ebpf/script_main.ts"
        + " --bpftrace \"$$(bpftrace --version)\" ${cfg.bpftrace.bitcoind} > /tmp/ebpf.bt'";
      ExecStart = "${cfg.bpftrace.package}/bin/bpftrace /tmp/ebpf.bt";
      StandardInput = "null";
      StandardOutput = "socket";
      StandardError = "journal";
      CapabilityBoundingSet =
        "CAP_SYS_ADMIN CAP_BPF CAP_PERFMON CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE CAP_SYS_RESOURCE CAP_IPC_LOCK";
      NoNewPrivileges = true;
      PrivateNetwork = true;
      PrivateTmp = true;
      ProtectHome = "read-only";
      ProtectSystem = "strict";
      LimitMEMLOCK = "infinity";
    };
  };
in
{
  options.services.waggle = lib.genAttrs components optionsOf // {
    source = lib.mkOption {
      type = lib.types.path;
      default = ../..;
      description = "Waggle's own files.";
    };
    denoPackage = lib.mkOption {
      type = lib.types.package;
      default = pkgs.deno;
      description = "The Deno that runs it, 2.9 or later.";
    };
    bus = lib.mkOption {
      type = lib.types.str;
      default = "nats://127.0.0.1:4222";
      description = "The NATS server, such as the one of peer-observer's infra-library.";
    };
    node = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "Names of nodes on this bus; empty for the subjects of the Rust tools.";
    };
    groups = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      example = [ "bitcoind-mainnet" ];
      description = "Groups that may read the node's cookie and debug.log.";
    };
    bpftrace = {
      enable = lib.mkEnableOption "bpftrace on the node, as root and apart, for services.waggle.ebpf";
      unit = lib.mkOption {
        type = lib.types.nullOr lib.types.str;
        default = null;
        example = "bitcoind-mainnet.service";
        description = "The node's own unit: tracing begins anew when the node does.";
      };
      bitcoind = lib.mkOption {
        type = lib.types.str;
        default = "/run/current-system/sw/bin/bitcoind";
        example = lib.literalExpression ''"''${config.services.bitcoind.mainnet.package}/bin/bitcoind"'';
        description = "The node's binary, with tracepoints.";
      };
      package = lib.mkOption {
        type = lib.types.package;
        default = pkgs.bpftrace;
        description = "The bpftrace that is used.";
      };
    };
  };

  config = lib.mkIf (enabled != [ ] || cfg.bpftrace.enable) {
    users.groups.waggle = { };
    users.users.waggle = {
      isSystemUser = true;
      group = "waggle";
    };
    systemd.services = builtins.listToAttrs
      (map (name: { name = "waggle-${name}"; value = serviceOf name; }) enabled)
      // { waggle-fetch = fetch; }
      // lib.optionalAttrs cfg.bpftrace.enable { "waggle-bpftrace@" = bpftrace; };
    systemd.sockets = lib.optionalAttrs cfg.bpftrace.enable {
      waggle-bpftrace = {
        wantedBy = [ "sockets.target" ];
        listenStreams = [ socket ];
        socketConfig = {
          SocketGroup = "waggle";
          SocketMode = "0660";
          Accept = true;
          MaxConnections = 1;
        };
      };
    };
  };
}
