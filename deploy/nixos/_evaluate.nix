# What module.nix makes of a configuration, with as much of nixpkgs as it uses: for a test without nixpkgs. Types are not
# looked at; an option that does not exist is refused, as NixOS does.
{ settings }:

let
  inherit (builtins) attrNames filter hasAttr listToAttrs map mapAttrs toString;
  lib = {
    mkOption = option: option // { isOption = true; };
    mkEnableOption = _: lib.mkOption { default = false; };
    mkIf = condition: value: if condition then value else { };
    genAttrs = names: f: listToAttrs (map (name: { inherit name; value = f name; }) names);
    concatStringsSep = builtins.concatStringsSep;
    optional = condition: value: if condition then [ value ] else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    optionalString = condition: text: if condition then text else "";
    literalExpression = text: text;
    types = { str = null; path = null; package = null; anything = null; attrsOf = _: null; listOf = _: null; nullOr = _: null; };
  };
  pkgs = {
    deno = "/deno";
    bpftrace = "/bpftrace";
    runtimeShell = "/bin/sh";
    writeText = _: text: text;
  };
  valuesOf = options: given:
    let unknown = filter (name: !hasAttr name options) (attrNames given); in
    if unknown != [ ] then throw "there is no option ${toString unknown}"
    else mapAttrs (name: option:
      if option ? isOption then given.${name} or option.default else valuesOf option (given.${name} or { })) options;
  module = import ./module.nix { inherit lib pkgs config; };
  config = valuesOf module.options settings;
in
{ inherit (module.config) systemd users; }
